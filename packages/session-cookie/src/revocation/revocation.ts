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
  /** Where revocations are kept: `memoryRevocations()`, or `redisRevocations()` of `@bext/session-redis`. */
  readonly store: SessionRevocations
  /**
   * The longest `ttlMs` that `create` and `touch` take, in milliseconds, and so how long a revocation has to be kept.
   * At least as long as sessions sealed before it was set have left to live.
   */
  readonly maxTtlMs: number
  /**
   * How long, in milliseconds, the answer that a session is not revoked is believed without asking again. What another
   * process revokes takes effect here that much later. Default: 0, ask at every read.
   */
  readonly cacheMs?: number | undefined
}

/** What `cookieSessions` asks of revocation, by its option `revocation`. */
export interface Revocation {
  /** Names a new session: 128 random bits, for all ids that it will ever have. */
  newFamilyId(): string
  /** Throws `Invalid` if a revocation would be forgotten before such a session ends. */
  checkTtlMs(ttlMs: number): void
  /** Rejects with `NotFound` if the session was revoked, with `Backend` if that cannot be known. */
  assertNotRevoked(session: SealedSession): Promise<void>
  /** Ends the session, if it can be opened: then `open` resolves to it. */
  revoke(open: () => Promise<SealedSession>): Promise<void>
  revokeUser(userId: string): Promise<void>
  /** Resolves to whether the revocations can be asked; never rejects. */
  isHealthy(): Promise<boolean>
}

const factory = 'createRevocation'
const methods = ['isRevoked', 'revokeSession', 'revokeUser']
const maxCached = 10_000
const familyIdBytes = 16

// A touch that was let through just before a revocation may seal its id, and live its ttl, from a little later on.
const graceMs = 60_000

function lackingMethods(store: object): string[] {
  return methods.filter((method) => typeof Reflect.get(store, method) !== 'function')
}

function isStore(value: unknown): boolean {
  return typeof value === 'object' && value !== null && lackingMethods(value).length === 0
}

function checkStore(store: SessionRevocations): void {
  const expected = `${factory}: option store must have ${methods.join(', ')}`
  if (typeof store !== 'object' || store === null) throw new TypeError(`${expected}, but it is ${describeType(store)}.`)
  const missing = lackingMethods(store)
  if (missing.length > 0) throw new TypeError(`${expected}, but it lacks ${missing.join(', ')}.`)
}

async function ask<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toBackendError(error)
  }
}

/** What the call resolves to, or undefined if it is refused as no live session. */
async function unlessRefused<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (!isSessionError(error) || error.code === 'Backend') throw error
    return undefined
  }
}

async function untilAfter(timeMs: number): Promise<void> {
  while (Date.now() <= timeMs) await new Promise((resolve) => setTimeout(resolve, 1))
}

/**
 * Has `delete` and `revokeUser` of sealed sessions take effect before their expiry. Throws a `TypeError` for a wrong
 * option.
 */
export function createRevocation(options: RevocationOptions): Revocation {
  rejectBareOption(factory, 'store', isStore(options))
  rejectUnknownOptions(factory, options, ['store', 'maxTtlMs', 'cacheMs'])
  const { store, maxTtlMs, cacheMs = 0 } = options
  checkStore(store)
  checkPositiveInteger(factory, 'maxTtlMs', maxTtlMs)
  if (cacheMs !== 0) checkPositiveInteger(factory, 'cacheMs', cacheMs)
  const askAgainAtMs = new Map<string, number>()
  let revokedHere = 0

  function remember(familyId: string, askedAtMs: number): void {
    const [oldest] = askAgainAtMs.keys()
    if (askAgainAtMs.size >= maxCached && oldest !== undefined) askAgainAtMs.delete(oldest)
    askAgainAtMs.set(familyId, askedAtMs + cacheMs)
  }

  function keptUntilMs(): number {
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
      const before = revokedHere
      if (await ask(() => store.isRevoked(familyId, userId, createdAtMs))) {
        throw new SessionError('unknown', 'The session was revoked.')
      }
      // An answer that a revocation from here overtook is not kept.
      if (cacheMs > 0 && before === revokedHere) remember(familyId, askedAtMs)
    },

    async revoke(open) {
      const session = await unlessRefused(open())
      if (!session) return
      const { familyId = '', expiresAtMs } = session
      await ask(() => store.revokeSession(familyId, Math.max(expiresAtMs, keptUntilMs())))
      revokedHere += 1
      askAgainAtMs.delete(familyId)
    },

    async revokeUser(userId) {
      const checked = checkUserId(userId)
      const notAfterMs = Date.now()
      await ask(() => store.revokeUser(checked, notAfterMs, keptUntilMs()))
      revokedHere += 1
      askAgainAtMs.clear()
      // What the user begins after this call has to be later than what it ended, to the millisecond.
      await untilAfter(notAfterMs)
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
