import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import { checkCreateOptions, checkDataJson, checkTtlMs, describeType, toBackendError } from '@bext/session-core/store'
import type { SealKey } from './keys.js'
import { lazySealKey } from './keys.js'
import type { CookieSessionsOptions } from './options.js'
import { checkOptions } from './options.js'
import type { Session } from './payload.js'
import { decodePayload, encodePayload } from './payload.js'
import { keyIdOf, seal, sealableBytes, sealedLength, unseal } from './seal.js'

/** The contract of a session store and nothing more: without server state there is nothing to list, sweep or close. */
export type CookieSessions = SessionPlugin

// What counts is the size of the id, which is checked once user and purpose are known, and before anything is sealed.
const unlimited = { maxDataBytes: Number.POSITIVE_INFINITY }

function checkId(id: unknown, maxIdBytes: number): void {
  if (typeof id !== 'string') {
    throw new SessionError('malformed', `The session id must be a string, but it is ${describeType(id)}.`)
  }
  if (id.length > maxIdBytes) {
    throw new SessionError('malformed', `The session id is longer than ${maxIdBytes} bytes (option maxIdBytes).`)
  }
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length
}

/**
 * Sessions without server state: the id is the session itself, encrypted and authenticated. Every `update` and `touch`
 * resolves to a new id; an id that was replaced or deleted opens until it expires, as nothing remembers it (D4).
 * Uses WebCrypto only, so it runs on any runtime. Throws a `TypeError` for a wrong option.
 */
export function cookieSessions(options: CookieSessionsOptions): CookieSessions {
  const { secrets, purpose, maxIdBytes } = checkOptions(options)
  const sealingKeyId = secrets[0].id
  const keys = new Map(secrets.map((secret) => [secret.id, lazySealKey(secret, purpose)]))

  async function findKey(keyId: string): Promise<SealKey> {
    const derive = keys.get(keyId)
    if (!derive) throw new SessionError('unknown_key', 'The session was sealed with a secret that this store has not.')
    try {
      return await derive()
    } catch (error) {
      throw toBackendError(error)
    }
  }

  function checkSize(payloadBytes: number, { dataJson, expiresAtMs }: Session): void {
    const idBytes = sealedLength(payloadBytes, sealingKeyId, expiresAtMs)
    if (idBytes <= maxIdBytes) return
    const dataBytes = utf8Bytes(dataJson)
    const fittingBytes = sealableBytes(maxIdBytes, sealingKeyId, expiresAtMs) - (payloadBytes - dataBytes)
    throw new SessionError(
      'too_large',
      `The sealed session would have ${idBytes} bytes; at most ${maxIdBytes} are allowed (option maxIdBytes). ` +
        `dataJson has ${dataBytes} bytes, and about ${Math.max(0, fittingBytes)} fit. Keep larger data on the server.`,
    )
  }

  async function sealSession(session: Session): Promise<SessionId> {
    const payload = encodePayload(purpose, session)
    checkSize(utf8Bytes(payload), session)
    const key = await findKey(sealingKeyId)
    try {
      return asSessionId(await seal(payload, key, session.expiresAtMs))
    } catch (error) {
      throw toBackendError(error)
    }
  }

  async function open(id: SessionId): Promise<Session> {
    checkId(id, maxIdBytes)
    const key = await findKey(keyIdOf(id))
    const session = decodePayload(purpose, await unseal(id, key))
    if (Date.now() >= session.expiresAtMs) throw new SessionError('expired', 'The session has expired.')
    return session
  }

  return {
    name: 'cookie',

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, unlimited)
      const createdAtMs = Date.now()
      return sealSession({ userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
    },

    async read(id: SessionId): Promise<SessionRecord> {
      return { id, ...(await open(id)) }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const checked = checkDataJson(dataJson, unlimited.maxDataBytes)
      return sealSession({ ...(await open(id)), dataJson: checked })
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      return sealSession({ ...(await open(id)), expiresAtMs: Date.now() + checked })
    },

    /** Resolves, and has no effect: the host clears the cookie (D1, D4). */
    async delete(): Promise<void> {},

    /** Resolves to `true`: there is no transport that could fail. */
    async isHealthy(): Promise<boolean> {
      return true
    },
  }
}
