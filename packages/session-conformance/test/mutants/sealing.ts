import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { SessionId } from '@bext/session-core'
import { asSessionId } from '@bext/session-core'
import { clientMutant } from './build.js'
import type { ClientSteps, Fields } from './client-base.js'
import { keyFor, tampered } from './client-base.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import { notFound } from './server-base.js'

function encrypt(algorithm: 'aes-256-cbc' | 'aes-256-ctr', key: Buffer, iv: Buffer, plain: string): Buffer {
  const cipher = createCipheriv(algorithm, key, iv)
  return Buffer.concat([cipher.update(plain), cipher.final()])
}

function decrypt(algorithm: 'aes-256-cbc' | 'aes-256-ctr', key: Buffer, iv: Buffer, bytes: Buffer): string {
  const decipher = createDecipheriv(algorithm, key, iv)
  return decipher.update(bytes, undefined, 'utf8') + decipher.final('utf8')
}

function parse(text: string): Fields {
  const fields = guarded(() => JSON.parse(text) as Fields)
  const isWhole = typeof fields.dataJson === 'string' && fields.createdAtMs > 0 && fields.expiresAtMs > 0
  if (!isWhole) throw tampered()
  return fields
}

function split(id: string, count: number): string[] {
  const parts = typeof id === 'string' ? id.split('.') : []
  if (parts.length !== count) throw tampered()
  return parts
}

function mac(key: Buffer, text: string, bytes = 32): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, bytes).toString('base64url')
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch {
    throw tampered()
  }
}

/** Takes the length of the tag from the id. Node before 26 does so, too, unless `authTagLength` is set. */
function openWithAnyTag(right: ClientSteps, ...parts: readonly [iv: string, text: string, tag: string]): Fields {
  const [iv, text, tag] = parts.map(right.decode) as [Buffer, Buffer, Buffer]
  return parse(
    guarded(() => {
      const decipher = createDecipheriv('aes-256-gcm', right.key, iv, { authTagLength: tag.length }).setAuthTag(tag)
      return decipher.update(text, undefined, 'utf8') + decipher.final('utf8')
    }),
  )
}

/** AES-CBC with an HMAC over as much as `covered` says: `z1.iv.ciphertext.mac`. */
function cbcWithMac(
  right: ClientSteps,
  covered: (iv: string, text: string) => string,
  macBytes = 32,
): Partial<ClientSteps> {
  return {
    seal(fields) {
      const iv = randomBytes(16)
      const parts = [iv, encrypt('aes-256-cbc', right.key, iv, JSON.stringify(fields))].map(right.encode) as [
        string,
        string,
      ]
      return ['z1', ...parts, mac(right.key, covered(...parts), macBytes)].join('.')
    },
    unseal(id) {
      const [version, iv = '', text = '', seen = ''] = split(id, 4)
      if (version !== 'z1' || mac(right.key, covered(iv, text), macBytes) !== seen) throw tampered()
      return parse(guarded(() => decrypt('aes-256-cbc', right.key, right.decode(iv), right.decode(text))))
    },
  }
}

/** Stores that accept forged, altered or spliced ids. */
export const sealingMutants: readonly Mutant[] = [
  clientMutant({
    name: 'the expiry is outside the seal',
    rule: 'R4',
    breaks: 'Expired cookies are rejected before the expensive decryption.',
    caughtBy: ['R4-altered', 'R4-reshaped', 'R4-spliced'],
    steps: (right) => ({
      seal: (fields) => `${fields.expiresAtMs}.${right.seal(fields)}`,
      unseal(id) {
        const [expiresAtMs = '', ...parts] = split(id, 5)
        if (!/^\d{1,15}$/.test(expiresAtMs)) throw tampered()
        return { ...right.unseal(parts.join('.')), expiresAtMs: Number(expiresAtMs) }
      },
    }),
  }),
  clientMutant({
    name: 'an expiry outside the seal is checked before the MAC',
    rule: 'R4',
    breaks: 'The MAC covers it, and it is cheaper to check.',
    caughtBy: ['R4-expired-altered'],
    steps: (right) => ({
      seal: (fields) => `${fields.expiresAtMs}.${right.seal(fields)}`,
      unseal(id) {
        const [expiresAtMs = '', ...parts] = split(id, 5)
        if (!/^\d{13}$/.test(expiresAtMs)) throw tampered()
        if (Number(expiresAtMs) <= Date.now()) throw notFound()
        const fields = right.unseal(parts.join('.'))
        if (fields.expiresAtMs !== Number(expiresAtMs)) throw tampered()
        return fields
      },
    }),
  }),
  clientMutant({
    name: 'the tag may be shorter',
    rule: 'R4',
    breaks: 'The store takes the length of the tag from the id, so a tag of 4 bytes is accepted.',
    caughtBy: ['R4-reshaped'],
    steps: (right) => ({
      unseal(id) {
        const [version, iv = '', text = '', tag = ''] = split(id, 4)
        if (version !== 'z1') throw tampered()
        return openWithAnyTag(right, iv, text, tag)
      },
    }),
  }),
  clientMutant({
    name: 'the tag may be shorter, and precedes the ciphertext',
    rule: 'R4',
    breaks: 'The store takes the length of the tag from the id, so a tag of 4 bytes is accepted.',
    caughtBy: ['R4-reshaped'],
    steps: (right) => ({
      seal(fields) {
        const [version, iv, text, tag] = right.seal(fields).split('.')
        return [version, iv, tag, text].join('.')
      },
      unseal(id) {
        const [version, iv = '', tag = '', text = ''] = split(id, 4)
        if (version !== 'z1') throw tampered()
        return openWithAnyTag(right, iv, text, tag)
      },
    }),
  }),
  clientMutant({
    name: 'a truncated MAC is accepted',
    rule: 'R4',
    breaks: 'Only as many bytes as the client sent are compared.',
    caughtBy: ['R4-reshaped'],
    steps: (right) => ({
      ...cbcWithMac(right, (iv, text) => `${iv}.${text}`),
      unseal(id) {
        const [version, iv = '', text = '', seen = ''] = split(id, 4)
        if (version !== 'z1' || !mac(right.key, `${iv}.${text}`).startsWith(seen)) throw tampered()
        return parse(guarded(() => decrypt('aes-256-cbc', right.key, right.decode(iv), right.decode(text))))
      },
    }),
  }),
  clientMutant({
    name: 'base64 is accepted in any spelling',
    rule: 'R4',
    breaks: 'Buffer.from(text, "base64url") accepts padding, the other alphabet, and unused bits at the end.',
    caughtBy: ['R4-altered', 'R4-reshaped', 'R4-near-miss'],
    steps: () => ({ decode: (text) => Buffer.from(text, 'base64url') }),
  }),
  clientMutant({
    name: 'hexadecimal is accepted in any case',
    rule: 'R4',
    breaks: 'Buffer.from(text, "hex") accepts both cases.',
    caughtBy: ['R4-near-miss'],
    steps: () => ({
      encode: (bytes) => Buffer.from(bytes).toString('hex'),
      decode: (text) => Buffer.from(text, 'hex'),
    }),
  }),
  clientMutant({
    name: 'a sealed id is trimmed',
    rule: 'R4',
    breaks: 'Cookies have spaces around them now and then.',
    caughtBy: ['R4-reshaped', 'R4-near-miss'],
    steps: (right) => ({ unseal: (id) => right.unseal(typeof id === 'string' ? id.trim() : id) }),
  }),
  clientMutant({
    name: 'a sealed id is percent-decoded',
    rule: 'R4',
    breaks: 'Some cookie parsers decode and some do not, so the store does.',
    caughtBy: ['R4-near-miss'],
    steps: (right) => ({ unseal: (id) => right.unseal(guarded(() => decodeURIComponent(id))) }),
  }),
  clientMutant({
    name: 'additional parts are ignored',
    rule: 'R4',
    breaks: 'Destructuring the result of split() ignores them.',
    caughtBy: ['R4-reshaped'],
    steps: (right) => ({
      unseal: (id) => right.unseal(typeof id === 'string' ? id.split('.').slice(0, 4).join('.') : id),
    }),
  }),
  clientMutant({
    name: 'a sealed id is signed, but not encrypted',
    rule: 'I1',
    breaks: 'A signed JWT was mistaken for an encrypted one.',
    caughtBy: ['I1-sealed', 'C3-tells-nothing'],
    steps: (right) => ({
      seal(fields) {
        const text = right.encode(Buffer.from(JSON.stringify({ ...fields, nonce: randomBytes(8).toString('hex') })))
        return `${text}.${mac(right.key, text)}`
      },
      unseal(id) {
        const [text = '', seen = ''] = split(id, 2)
        if (mac(right.key, text) !== seen) throw tampered()
        return parse(right.decode(text).toString())
      },
    }),
  }),
  clientMutant({
    name: 'the user is outside the seal',
    rule: 'I1',
    breaks: 'Logs should show the user of a request. The field is authenticated.',
    caughtBy: ['I1-sealed'],
    steps: (right) => ({
      seal: (fields) => `${right.encode(Buffer.from(fields.userId ?? ''))}.${right.seal(fields)}`,
      unseal(id) {
        const [user = '', ...parts] = split(id, 5)
        const fields = right.unseal(parts.join('.'))
        if (right.decode(user).toString() !== (fields.userId ?? '')) throw tampered()
        return fields
      },
    }),
  }),
  clientMutant({
    name: 'user and data are sealed separately',
    rule: 'R4',
    breaks: 'An update need not seal the user again.',
    caughtBy: ['R4-spliced'],
    steps: (right) => ({
      seal({ userId, ...fields }) {
        return `${right.seal(fields)}.${right.seal({ ...fields, userId, dataJson: '' })}`
      },
      unseal(id) {
        const parts = split(id, 8)
        const { userId } = right.unseal(parts.slice(4).join('.'))
        return { ...right.unseal(parts.slice(0, 4).join('.')), userId }
      },
    }),
  }),
  clientMutant({
    name: 'equal sessions have equal ids',
    rule: 'C1',
    breaks: 'Sealing was slow, so sealed ids are cached by their content.',
    caughtBy: ['C1-same-options', 'U2-new-id'],
    steps: (right) => {
      const seals = new Map<string, SessionId>()
      return {
        issue(fields) {
          const key = JSON.stringify([fields.userId, fields.dataJson])
          const id = seals.get(key) ?? right.issue(fields)
          seals.set(key, id)
          return id
        },
      }
    },
  }),
  clientMutant({
    name: 'a sealed id is encrypted, but not authenticated',
    rule: 'R4',
    breaks: 'Nobody can forge JSON without the key, but single characters can be changed.',
    caughtBy: ['R4-altered', 'R4-forged-write'],
    steps: (right) => ({
      seal(fields) {
        const iv = randomBytes(16)
        return ['z1', iv, encrypt('aes-256-ctr', right.key, iv, JSON.stringify(fields))]
          .map((part) => (typeof part === 'string' ? part : right.encode(part)))
          .join('.')
      },
      unseal(id) {
        const [version, iv = '', text = ''] = split(id, 3)
        if (version !== 'z1') throw tampered()
        return parse(guarded(() => decrypt('aes-256-ctr', right.key, right.decode(iv), right.decode(text))))
      },
    }),
  }),
  clientMutant({
    name: 'the MAC does not cover the IV',
    rule: 'R4',
    breaks: 'It covers the ciphertext, and the IV is no secret.',
    caughtBy: ['R4-altered'],
    steps: (right) => cbcWithMac(right, (_, text) => text),
  }),
  clientMutant({
    name: 'the MAC covers only the beginning',
    rule: 'R4',
    breaks: 'Only the header seemed to matter.',
    caughtBy: ['R4-altered'],
    steps: (right) => cbcWithMac(right, (iv, text) => iv + text.slice(0, 40)),
  }),
  clientMutant({
    name: 'the version is ignored',
    rule: 'R4',
    breaks: 'Only one version exists so far.',
    caughtBy: ['R4-altered'],
    steps: (right) => ({ unseal: (id) => right.unseal(typeof id === 'string' ? id.replace(/^[^.]*/, 'z1') : id) }),
  }),
  clientMutant({
    name: 'every secret opens every sealed id',
    rule: 'R4',
    breaks: 'The key is derived from the name of the option.',
    caughtBy: ['R4-other-key'],
    steps: () => ({ key: keyFor('secret', 'session') }),
  }),
  clientMutant({
    name: 'only a part of the secret is used as the key',
    rule: 'R4',
    breaks: 'AES takes 32 bytes, so the secret is truncated. Long secrets may share a prefix.',
    caughtBy: ['R4-other-key', 'I2-namespaces'],
    steps: () => ({ key: Buffer.from('the first secret of the service '.slice(0, 32)) }),
  }),
  clientMutant({
    name: 'a forged id can be updated',
    rule: 'R4',
    breaks: 'update() replaces the data, so it does not need the sealed data.',
    caughtBy: ['R4-forged-write', 'U3-unknown'],
    steps: (right) => ({
      async update(id, dataJson) {
        try {
          return await right.update(id, dataJson)
        } catch (error) {
          if (Reflect.get(error as object, 'reason') !== 'tampered') throw error
          return right.create({ dataJson, ttlMs: 60_000 })
        }
      },
    }),
  }),
  clientMutant({
    name: 'an altered id is found in a cache',
    rule: 'R4',
    breaks: 'Decrypted ids are cached by their first characters, because decryption was slow.',
    caughtBy: ['R4-expired-altered'],
    steps: (right) => {
      const opened = new Map<string, Fields>()
      return {
        unseal(id) {
          const key = id.slice(0, 60)
          const cached = opened.get(key)
          if (cached !== undefined && right.isOver(cached)) return cached
          const fields = right.unseal(id)
          opened.set(key, fields)
          return fields
        },
      }
    },
  }),
  clientMutant({
    name: 'plain JSON is accepted as an id',
    rule: 'R4',
    breaks: 'Cookies of the old version were not sealed, and should stay valid.',
    caughtBy: ['R4-foreign-17'],
    steps: (right) => ({
      unseal(id) {
        if (!id.startsWith('{')) return right.unseal(id)
        return { dataJson: id, createdAtMs: Date.now(), expiresAtMs: Date.now() + 1000 }
      },
    }),
  }),
  clientMutant({
    name: 'a malformed id starts a new session',
    rule: 'R4',
    breaks: 'A visitor with a broken cookie should not see an error.',
    caughtBy: [...numbered('R4-foreign', 2, 4, 5, 6, 8, 11, 12), 'R4-altered'],
    steps: (right) => ({
      unseal(id) {
        try {
          return right.unseal(id)
        } catch {
          return { dataJson: '{}', createdAtMs: Date.now(), expiresAtMs: Date.now() + 1000 }
        }
      },
    }),
  }),
  clientMutant({
    name: 'a sealed id contains spaces',
    rule: 'C4',
    breaks: 'Its parts are joined as in a header.',
    caughtBy: ['C4-cookie-octets'],
    steps: (right) => ({
      issue: (fields) => asSessionId(right.issue(fields).replaceAll('.', '; ')),
      unseal: (id) => right.unseal(typeof id === 'string' ? id.replaceAll('; ', '.') : id),
    }),
  }),
  clientMutant({
    name: 'an absent user becomes an empty one in the seal',
    rule: 'C6',
    breaks: 'The parts of the payload are joined by a delimiter.',
    caughtBy: ['C6-anonymous'],
    steps: (right) => ({ seal: (fields) => right.seal({ ...fields, userId: fields.userId ?? '' }) }),
  }),
  clientMutant({
    name: 'the error for a large sealed id contains no sizes',
    rule: 'L1',
    breaks: 'The message is fixed.',
    caughtBy: ['L1-4096-bytes'],
    steps: (right) => ({
      issue(fields) {
        try {
          return right.issue(fields)
        } catch (error) {
          throw Object.assign(error as Error, { message: 'The session is too large for a cookie.' })
        }
      },
    }),
  }),
  clientMutant({
    name: 'every seal has the same nonce',
    rule: 'C3',
    breaks: 'The nonce was fixed for a test.',
    caughtBy: ['C3-nonce'],
    steps: (right) => ({
      seal(fields) {
        const iv = Buffer.alloc(12)
        const cipher = createCipheriv('aes-256-gcm', right.key, iv)
        const salted = { ...fields, salt: randomBytes(8).toString('hex') }
        const text = Buffer.concat([cipher.update(JSON.stringify(salted)), cipher.final()])
        return `z1.${[iv, text, cipher.getAuthTag()].map(right.encode).join('.')}`
      },
    }),
  }),
]
