import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { checkCreateOptions, checkDataJson, checkTtlMs, toBackendError } from '@bext/session-core/store-helpers'
import { lazySealer } from './seal/keys.js'
import { openChecked } from './legacy/legacy.js'
import type { Awaitable, Sealer } from './seal/sealer.js'
import type { CookieSessionsOptions } from './options.js'
import { checkOptions } from './options.js'
import type { Payload, SealedSession } from './seal/payload.js'
import { decodePayload, encodePayload } from './seal/payload.js'
import { malformed, unsupported } from './errors.js'
import type { Revocation } from './revocation/revocation.js'
import { parseToken, sealableBytes, sealedLength } from './seal/token.js'

/** The contract of a session store; without server state there is nothing to list, sweep or close. */
export interface CookieSessions extends SessionPlugin {
  /**
   * Whether an id that `read` has opened was sealed by another secret than the first, or by what was there before.
   * `update` with the data that was read seals it anew; a secret that no id needs any more can go.
   */
  needsReseal(id: SessionId): boolean
}

/** With the option `revocation`, `delete` ends a session under all ids that it ever had, and this ends a user's. */
export interface RevocableCookieSessions extends CookieSessions {
  /**
   * Ends all sessions of the user that were created before the call, wherever they are; those created after it has
   * resolved live. Rejects with `Invalid` for what is no user id, and with `Backend` as the revocations do.
   */
  revokeUser(userId: string): Promise<void>
}

// What deflates well could fill an id with megabytes, which every read would have to unpack.
const maxDeflatableBytes = 65_536

// The size of the four cookies of 4096 bytes that iron-session splits its longest into.
const maxLegacyBytes = 16_384

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length
}

/**
 * Sessions without server state: the id is the session itself, encrypted and authenticated. Every `update` and `touch`
 * resolves to a new id; an id that was replaced or deleted opens until it expires, as nothing remembers it (D4), unless
 * the option `revocation` has something remember it. Runs on any runtime. Throws a `TypeError` for a wrong option.
 */
export function cookieSessions(
  options: CookieSessionsOptions & { readonly revocation: Revocation },
): RevocableCookieSessions
export function cookieSessions(options: CookieSessionsOptions): CookieSessions
export function cookieSessions(options: CookieSessionsOptions): CookieSessions | RevocableCookieSessions {
  const { secrets, purpose, maxIdBytes, compression, revocation, legacyDecoder } = checkOptions(options)
  const sealingKeyId = secrets[0].id
  const makers = new Map(secrets.map((secret) => [secret.id, lazySealer(secret, purpose)]))
  const longestOpened = legacyDecoder ? Math.max(maxIdBytes, maxLegacyBytes) : maxIdBytes
  // Otherwise what counts is the size of the id.
  const limits = { maxDataBytes: compression ? maxDeflatableBytes : Number.POSITIVE_INFINITY }

  function makerOf(keyId: string): Awaitable<Sealer> {
    const derive = makers.get(keyId)
    if (!derive) throw new SessionError('unknown_key', 'The session was sealed with a secret that this store has not.')
    return derive()
  }

  function tooLarge(text: string, { data, isDeflated }: Payload, expiresAtMs: number): SessionError {
    const textBytes = utf8Bytes(text)
    const dataBytes = utf8Bytes(data)
    const fittingBytes = sealableBytes(maxIdBytes, sealingKeyId, expiresAtMs) - (textBytes - dataBytes)
    return new SessionError(
      'too_large',
      `The sealed session would have ${sealedLength(textBytes, sealingKeyId, expiresAtMs)} bytes; at most ${maxIdBytes} ` +
        `are allowed (option maxIdBytes). dataJson has ${dataBytes} bytes${isDeflated ? ' when compressed' : ''}, and ` +
        `about ${Math.max(0, fittingBytes)} fit.`,
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
      const text = encodePayload(payload)
      // A text that cannot fit is not sealed first; of others the id's own length tells.
      if (text.length > maxIdBytes) throw tooLarge(text, payload, expiresAtMs)
      const maker = await makerOf(sealingKeyId)
      const id = await maker.seal(text, expiresAtMs)
      if (id.length > maxIdBytes) throw tooLarge(text, payload, expiresAtMs)
      return id as SessionId
    } catch (error) {
      throw toBackendError(error)
    }
  }

  async function unseal(id: SessionId): Promise<SealedSession> {
    const token = parseToken(id)
    const maker = await makerOf(token.keyId)
    const { data, isDeflated, userId, createdAtMs, familyId } = decodePayload(await maker.unseal(token))
    if (isDeflated && !compression) throw unsupported()
    const dataJson = isDeflated && compression ? await compression.inflate(data) : data
    // A session that began before there was revocation is known by the MAC of the first id that it is opened with.
    return {
      userId,
      dataJson,
      createdAtMs,
      expiresAtMs: token.expiresAtMs,
      familyId: revocation ? (familyId ?? token.mac) : familyId,
    }
  }

  async function open(id: SessionId): Promise<SealedSession> {
    if (typeof id !== 'string' || id.length > longestOpened) throw malformed()
    let session: SealedSession
    try {
      session = (legacyDecoder && (await openChecked(legacyDecoder, id))) ?? (await unseal(id))
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
      const { userId, dataJson, createdAtMs, expiresAtMs } = await open(id)
      return { id, userId, dataJson, createdAtMs, expiresAtMs }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const checked = checkDataJson(dataJson, limits.maxDataBytes)
      return sealSession({ ...(await open(id)), dataJson: checked })
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      revocation?.checkTtlMs(checked)
      return sealSession({ ...(await open(id)), expiresAtMs: Date.now() + checked })
    },

    /** Without revocation it resolves and has no effect: the host clears the cookie (D1, D4). */
    async delete(id: SessionId): Promise<void> {
      await revocation?.revoke(() => open(id))
    },

    /** Resolves to `true` without revocation, because nothing can fail then; else to whether that can be asked (H1). */
    async isHealthy(): Promise<boolean> {
      return revocation ? revocation.isHealthy() : true
    },

    needsReseal(id: SessionId): boolean {
      return !id.startsWith(`Fe26.2*${sealingKeyId}**`)
    },
  }
  return revocation ? { ...store, revokeUser: (userId) => revocation.revokeUser(userId) } : store
}
