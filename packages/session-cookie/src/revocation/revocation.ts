import type { SessionRevocations } from '@bext/session-core'
import { isSessionError, SessionError } from '@bext/session-core'
import {
  checkPositiveInteger,
  checkUserId,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
  toBackendError,
} from '@bext/session-core/store-helpers'
import { uint8ArrayToBase64 } from 'uint8array-extras'
import type { SealedSession } from '../seal/payload.js'

export interface RevocationOptions {
  /** Store of the revocations: `memoryRevocations()`, or `redisRevocations()` of `@bext/session-redis`. */
  readonly store: SessionRevocations
  /**
   * Longest `ttlMs` that `create` and `touch` accept, in milliseconds. A revocation is stored for this long. Must be at
   * least the remaining time of sessions that were sealed before this option was set.
   */
  readonly maxTtlMs: number
  /**
   * Time, in milliseconds, for which "not revoked" is cached in this process. Revocations by another process take
   * effect here that much later. Default: 0, which asks at every read.
   */
  readonly cacheMs?: number | undefined
}

/** Revocation of sealed sessions, for the option `revocation` of `cookieSessions`. */
export interface Revocation {
  /** Returns 128 random bits in base64url that identify a new session in all of its ids. */
  newFamilyId(): string
  /** Throws `Invalid` if `ttlMs` is over `maxTtlMs`, because such a session would outlast its revocation. */
  checkTtlMs(ttlMs: number): void
  /** Rejects with `NotFound` if the session was revoked, and with `Backend` if the revocations cannot be asked. */
  assertNotRevoked(session: SealedSession): Promise<void>
  /** Revokes the session that `load` resolves to. Does nothing if `load` rejects because the session is not live. */
  revoke(load: () => Promise<SealedSession>): Promise<void>
  /** Revokes all sessions of the user that were created before the call. */
  revokeUser(userId: string): Promise<void>
  /** Resolves to true if the revocations can be asked. Never rejects. */
  isHealthy(): Promise<boolean>
}

const factory = 'createRevocation'
const methods = ['isRevoked', 'revokeSession', 'revokeUser']
const maxCached = 10_000
const familyIdBytes = 16

// A touch that was accepted just before a revocation may seal its id a little later, and its ttl counts from then.
const graceMs = 60_000

function missingMethods(store: object): string[] {
  return methods.filter((method) => typeof Reflect.get(store, method) !== 'function')
}

function isStore(value: unknown): boolean {
  return typeof value === 'object' && value !== null && missingMethods(value).length === 0
}

function checkStore(store: SessionRevocations): void {
  const expected = `${factory}: option store must have ${methods.join(', ')}`
  if (typeof store !== 'object' || store === null) throw new TypeError(`${expected}, but it is ${describeType(store)}.`)
  const missing = missingMethods(store)
  if (missing.length > 0) throw new TypeError(`${expected}, but it lacks ${missing.join(', ')}.`)
}

async function ask<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toBackendError(error)
  }
}

/** Resolves to the result of the call, or to undefined if it rejects because the session is not live. */
async function undefinedIfNotLive<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (!isSessionError(error) || error.code === 'Backend') throw error
    return undefined
  }
}

async function waitUntilAfter(timeMs: number): Promise<void> {
  while (Date.now() <= timeMs) await new Promise((resolve) => setTimeout(resolve, 1))
}

/**
 * Creates the option `revocation` of `cookieSessions`, which makes `delete` and `revokeUser` take effect before
 * sessions expire. Throws a `TypeError` for a wrong option.
 */
export function createRevocation(options: RevocationOptions): Revocation {
  rejectBareOption(factory, 'store', isStore(options))
  rejectUnknownOptions(factory, options, ['store', 'maxTtlMs', 'cacheMs'])
  const { store, maxTtlMs, cacheMs = 0 } = options
  checkStore(store)
  checkPositiveInteger(factory, 'maxTtlMs', maxTtlMs)
  if (cacheMs !== 0) checkPositiveInteger(factory, 'cacheMs', cacheMs)
  const askAgainAtMs = new Map<string, number>()
  let localRevocations = 0

  function cacheAnswer(familyId: string, askedAtMs: number): void {
    const [oldest] = askAgainAtMs.keys()
    if (askAgainAtMs.size >= maxCached && oldest !== undefined) askAgainAtMs.delete(oldest)
    askAgainAtMs.set(familyId, askedAtMs + cacheMs)
  }

  function storedUntilMs(): number {
    return Date.now() + maxTtlMs + cacheMs + graceMs
  }

  return {
    newFamilyId: () => uint8ArrayToBase64(crypto.getRandomValues(new Uint8Array(familyIdBytes)), { urlSafe: true }),

    checkTtlMs(ttlMs) {
      if (ttlMs <= maxTtlMs) return
      const message = `ttlMs is ${ttlMs}; at most ${maxTtlMs} are allowed (option maxTtlMs of ${factory}).`
      throw new SessionError('bad_argument', message)
    },

    async assertNotRevoked({ familyId = '', userId, createdAtMs }) {
      const askedAtMs = performance.now()
      if ((askAgainAtMs.get(familyId) ?? 0) > askedAtMs) return
      const revocationsBefore = localRevocations
      if (await ask(() => store.isRevoked(familyId, userId, createdAtMs))) {
        throw new SessionError('unknown', 'The session was revoked.')
      }
      // Do not cache the answer if this process revoked anything in the meantime.
      if (cacheMs > 0 && revocationsBefore === localRevocations) cacheAnswer(familyId, askedAtMs)
    },

    async revoke(load) {
      const session = await undefinedIfNotLive(load())
      if (!session) return
      const { familyId = '', expiresAtMs } = session
      await ask(() => store.revokeSession(familyId, Math.max(expiresAtMs, storedUntilMs())))
      localRevocations += 1
      askAgainAtMs.delete(familyId)
    },

    async revokeUser(userId) {
      const checked = checkUserId(userId)
      const notAfterMs = Date.now()
      await ask(() => store.revokeUser(checked, notAfterMs, storedUntilMs()))
      localRevocations += 1
      askAgainAtMs.clear()
      // Sessions that the user starts after this call must be created at a later millisecond.
      await waitUntilAfter(notAfterMs)
    },

    async isHealthy() {
      try {
        return (await store.isHealthy?.()) ?? true
      } catch {
        return false
      }
    },
  }
}
