import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { SessionId, SessionPlugin } from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import type { StoreHarness } from '../../src/index.js'
import type { Checks } from './checks.js'
import { rightChecks, tooLarge } from './checks.js'
import { notFound } from './server-base.js'

export interface Fields {
  readonly userId?: string | undefined
  readonly dataJson: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** A client-backed store as replaceable steps that call each other through one object: AES-256-GCM. */
export interface ClientSteps extends SessionPlugin, Checks {
  readonly key: Buffer
  readonly nowMs: () => number
  readonly endOf: (fromMs: number, ttlMs: number) => number
  readonly encode: (bytes: Uint8Array) => string
  /** Decodes the canonical spelling of bytes. Throws `Invalid` for any other. */
  readonly decode: (text: string) => Buffer
  readonly seal: (fields: Fields) => string
  /** Opens an id, even if it has expired. Throws `Invalid` if this store did not seal it. */
  readonly unseal: (id: string) => Fields
  readonly isOver: (fields: Fields) => boolean
  /** Returns the live session in an id. Throws `Invalid` or `NotFound`. */
  readonly find: (id: SessionId) => Fields
  readonly issue: (fields: Fields) => SessionId
}

export type ClientMutation = (right: ClientSteps) => Partial<ClientSteps>

export const maxIdLength = 4096

export function tampered(): SessionError {
  return new SessionError('tampered', 'The id was not sealed by this store.')
}

export function keyFor(secret: string, purpose: string): Buffer {
  return createHash('sha256').update(`${secret}\n${purpose}`).digest()
}

function rightSteps(self: ClientSteps, key: Buffer): ClientSteps {
  return {
    ...rightChecks(self),
    name: 'mutant',
    key,
    nowMs: () => Date.now(),
    endOf: (fromMs, ttlMs) => fromMs + ttlMs,
    encode: (bytes) => Buffer.from(bytes).toString('base64url'),
    decode(text) {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.toString('base64url') !== text) throw tampered()
      return bytes
    },
    seal(fields) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', self.key, iv)
      const text = Buffer.concat([cipher.update(JSON.stringify(fields)), cipher.final()])
      return `z1.${[iv, text, cipher.getAuthTag()].map(self.encode).join('.')}`
    },
    unseal(id) {
      const [version, ...parts] = typeof id === 'string' && id.length <= maxIdLength ? id.split('.') : []
      if (version !== 'z1' || parts.length !== 3) throw tampered()
      const [iv, text, tag] = parts.map(self.decode) as [Buffer, Buffer, Buffer]
      if (iv.length !== 12 || tag.length !== 16) throw tampered()
      const decipher = createDecipheriv('aes-256-gcm', self.key, iv, { authTagLength: 16 }).setAuthTag(tag)
      try {
        return JSON.parse(decipher.update(text, undefined, 'utf8') + decipher.final('utf8')) as Fields
      } catch {
        throw tampered()
      }
    },
    isOver: ({ expiresAtMs }) => expiresAtMs <= self.nowMs(),
    find(id) {
      const fields = self.unseal(id)
      if (self.isOver(fields)) throw notFound()
      return fields
    },
    issue(fields) {
      const id = self.seal(fields)
      if (id.length > maxIdLength) throw tooLarge(id.length, maxIdLength)
      return asSessionId(id)
    },

    async create(options) {
      const { userId, dataJson, ttlMs } = self.checkOptions(options)
      const createdAtMs = self.nowMs()
      return self.issue({ userId, dataJson, createdAtMs, expiresAtMs: self.endOf(createdAtMs, ttlMs) })
    },
    async read(id) {
      const { userId, dataJson, createdAtMs, expiresAtMs } = self.find(id)
      return { id, userId, dataJson, createdAtMs, expiresAtMs }
    },
    async update(id, dataJson) {
      const checked = self.checkData(dataJson)
      return self.issue({ ...self.find(id), dataJson: checked })
    },
    async touch(id, ttlMs) {
      const checked = self.checkTtl(ttlMs)
      return self.issue({ ...self.find(id), expiresAtMs: self.endOf(self.nowMs(), checked) })
    },
    delete: async () => undefined,
    isHealthy: async () => true,
  }
}

/** Makes a harness of the correct store, changed by `mutate` if given. A namespace is a purpose. */
export function clientHarness(
  name: string,
  mutate?: ClientMutation,
  options: Partial<StoreHarness> = {},
): StoreHarness {
  return {
    name,
    family: 'client',
    declarations: { otherSecret: true },
    open({ namespace, secret = 'first' }) {
      const steps = {} as ClientSteps
      const right = rightSteps(steps, keyFor(`the ${secret} secret`, namespace))
      return { store: Object.assign(steps, right, mutate?.({ ...right })) }
    },
    ...options,
  }
}
