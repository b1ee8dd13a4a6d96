import { createSealer } from '#sealer'
import type { CreateOptions, RevokeUserCapability, SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { checkCreateOptions, checkDataJson, checkTtlMs, toBackendError } from '@bext/session-core/store-helpers'
import { malformed, unknownKey, unsupportedVersion } from './errors.js'
import { decodeLegacy } from './legacy/legacy.js'
import type { CookieSessionsOptions } from './options.js'
import { checkOptions } from './options.js'
import type { Revocation } from './revocation/revocation.js'
import type { Payload, SealedSession } from './seal/payload.js'
import { decodePayload, encodePayload } from './seal/payload.js'
import type { Awaitable, Sealer } from './seal/sealer.js'
import { lazySealer } from './seal/sealer.js'
import { parseToken, sealableBytes, sealedLength } from './seal/token.js'

/** A session store without server state. It has nothing to list, sweep or close. */
export interface CookieSessions extends SessionPlugin {
  /**
   * Returns true if an id that `read` has opened was sealed with a secret other than the first, or by an earlier
   * library. `update` with the same data seals it again with the first secret. A secret that no id needs can be
   * removed.
   */
  needsReseal(id: SessionId): boolean
}

/** A store with the option `revocation`: `delete` revokes a session under all of its ids. */
export interface RevocableCookieSessions extends CookieSessions, RevokeUserCapability {
  /**
   * Revokes all sessions of the user that were created before the call. Sessions created after it has resolved stay
   * valid. Rejects with `Invalid` if `userId` is not a valid user id, and with `Backend` if the revocations fail.
   */
  revokeUser(userId: string): Promise<void>
}

// Well-compressible data could fill an id with megabytes, which every read would have to inflate.
const maxDeflatableBytes = 65_536

// iron-session splits its longest cookie into four of 4096 bytes.
const maxLegacyBytes = 16_384

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length
}

/**
 * Creates a store without server state: the id is the session itself, encrypted and authenticated. Every `update` and
 * `touch` resolves to a new id. A replaced or deleted id stays readable until it expires (D4), unless the option
 * `revocation` is set. Runs on any runtime. Throws a `TypeError` for a wrong option.
 */
export function cookieSessions(
  options: CookieSessionsOptions & { readonly revocation: Revocation },
): RevocableCookieSessions
export function cookieSessions(options: CookieSessionsOptions): CookieSessions
export function cookieSessions(options: CookieSessionsOptions): CookieSessions | RevocableCookieSessions {
  const { secrets, purpose, maxIdBytes, compression, revocation, legacyDecoder } = checkOptions(options)
  const sealingKeyId = secrets[0].id
  const sealers = new Map(secrets.map(({ id, bytes }) => [id, lazySealer(() => createSealer(id, bytes, purpose))]))
  const maxOpenedBytes = legacyDecoder ? Math.max(maxIdBytes, maxLegacyBytes) : maxIdBytes
  // Without compression, only the length of the id limits the data.
  const limits = { maxDataBytes: compression ? maxDeflatableBytes : Number.POSITIVE_INFINITY }

  function sealerOf(keyId: string): Awaitable<Sealer> {
    const getSealer = sealers.get(keyId)
    if (!getSealer) throw unknownKey()
    return getSealer()
  }

  function tooLarge(payloadText: string, { data, isDeflated }: Payload, expiresAtMs: number): SessionError {
    const payloadBytes = utf8Bytes(payloadText)
    const dataBytes = utf8Bytes(data)
    const fittingBytes = sealableBytes(maxIdBytes, sealingKeyId, expiresAtMs) - (payloadBytes - dataBytes)
    return new SessionError(
      'too_large',
      `The sealed session would have ${sealedLength(payloadBytes, sealingKeyId, expiresAtMs)} bytes; at most ` +
        `${maxIdBytes} are allowed (option maxIdBytes). dataJson has ${dataBytes} bytes` +
        `${isDeflated ? ' when compressed' : ''}, and about ${Math.max(0, fittingBytes)} fit.`,
    )
  }

  async function sealSession({
    userId,
    dataJson,
    createdAtMs,
    expiresAtMs,
    familyId,
  }: SealedSession): Promise<SessionId> {
    try {
      const deflated = compression ? await compression.deflate(dataJson) : dataJson
      const isDeflated = deflated.length < dataJson.length
      const payload = { userId, createdAtMs, familyId, data: isDeflated ? deflated : dataJson, isDeflated }
      const payloadText = encodePayload(payload)
      // Skips sealing a payload that cannot fit. Otherwise, the length of the id decides.
      if (payloadText.length > maxIdBytes) throw tooLarge(payloadText, payload, expiresAtMs)
      const sealer = await sealerOf(sealingKeyId)
      const id = await sealer.seal(payloadText, expiresAtMs)
      if (id.length > maxIdBytes) throw tooLarge(payloadText, payload, expiresAtMs)
      return id as SessionId
    } catch (error) {
      throw toBackendError(error)
    }
  }

  async function unsealSession(id: SessionId): Promise<SealedSession> {
    const token = parseToken(id)
    const sealer = await sealerOf(token.keyId)
    const { data, isDeflated, userId, createdAtMs, familyId } = decodePayload(await sealer.unseal(token))
    if (isDeflated && !compression) throw unsupportedVersion()
    const dataJson = isDeflated && compression ? await compression.inflate(data) : data
    return {
      userId,
      dataJson,
      createdAtMs,
      expiresAtMs: token.expiresAtMs,
      // Sessions created before revocation was enabled have no family id; use the MAC of the id instead.
      familyId: revocation ? (familyId ?? token.mac) : familyId,
    }
  }

  /** Resolves to the session if it is genuine, has not expired and is not revoked. */
  async function loadSession(id: SessionId): Promise<SealedSession> {
    if (typeof id !== 'string' || id.length > maxOpenedBytes) throw malformed()
    let session: SealedSession
    try {
      session = (legacyDecoder && (await decodeLegacy(legacyDecoder, id))) ?? (await unsealSession(id))
    } catch (error) {
      throw toBackendError(error)
    }
    if (Date.now() >= session.expiresAtMs) throw new SessionError('expired', 'The session has expired.')
    if (revocation) await revocation.assertNotRevoked(session)
    return session
  }

  const store: CookieSessions = {
    name: 'cookie',

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, limits)
      revocation?.checkTtlMs(ttlMs)
      const createdAtMs = Date.now()
      const familyId = revocation?.newFamilyId()
      return sealSession({ userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs, familyId })
    },

    async read(id: SessionId): Promise<SessionRecord> {
      const { userId, dataJson, createdAtMs, expiresAtMs } = await loadSession(id)
      return { id, userId, dataJson, createdAtMs, expiresAtMs }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const checked = checkDataJson(dataJson, limits.maxDataBytes)
      return sealSession({ ...(await loadSession(id)), dataJson: checked })
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      revocation?.checkTtlMs(checked)
      return sealSession({ ...(await loadSession(id)), expiresAtMs: Date.now() + checked })
    },

    /** Without revocation, resolves and has no effect: the host clears the cookie (D1, D4). */
    async delete(id: SessionId): Promise<void> {
      await revocation?.revoke(() => loadSession(id))
    },

    /** Resolves to `true` without revocation, because nothing can fail. With it, asks the revocations (H1). */
    async isHealthy(): Promise<boolean> {
      return revocation ? revocation.isHealthy() : true
    },

    needsReseal(id: SessionId): boolean {
      return !id.startsWith(`Fe26.2*${sealingKeyId}**`)
    },
  }
  return revocation ? { ...store, revokeUser: (userId) => revocation.revokeUser(userId) } : store
}
