import { checkPositiveInteger, describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'

const factory = 'createSessionManager'
const minuteMs = 60_000

// OWASP ASVS 5.0 (7.1.1, 7.3.1, 7.3.2) asks for a documented choice. NIST SP 800-63B-4 allows at most 1 hour and 24 hours
// at AAL2 (2.2.3). Its predecessor allowed 30 minutes and 12 hours, which suit more applications by default.
const defaults = Object.freeze({
  // The idle timeout that a stored session need not contain, see impliedTtlMs in stored-session.ts.
  idleTimeoutMs: 30 * minuteMs,
  absoluteTimeoutMs: 12 * 60 * minuteMs,
  touchesPerTtl: 10,
})

export interface RememberOptions {
  /** Idle timeout of a session with "remember me", in milliseconds. */
  readonly idleTimeoutMs: number
  /** Absolute timeout of a session with "remember me", in milliseconds. */
  readonly absoluteTimeoutMs: number
}

export interface LifetimeOptions {
  /**
   * Idle timeout: time without a request after which a session expires, in milliseconds. Default: 30 minutes. NIST
   * SP 800-63B-4 (2.2.3) allows at most an hour at AAL2.
   */
  readonly idleTimeoutMs?: number | undefined
  /**
   * Absolute timeout: time after which a session expires even if it is in use, in milliseconds. A sign-in restarts it; a
   * touch or a rotation does not. A session in use expires at that time, or up to `touchIntervalMs` earlier. Default:
   * 12 hours. NIST SP 800-63B-4 allows at most 24 hours at AAL2 (2.2.3) and 12 hours at AAL3 (2.3.3).
   */
  readonly absoluteTimeoutMs?: number | undefined
  /**
   * Least time by which a request extends a session, in milliseconds. A request that would extend it by less does not touch
   * it. Default: a tenth of `idleTimeoutMs`.
   */
  readonly touchIntervalMs?: number | undefined
  /** Timeouts of sessions that start with `signIn(userId, { remember: true })`. Default: none, and `remember` throws. */
  readonly remember?: RememberOptions | undefined
}

/** Start of a session's absolute timeout, and the options it follows. Unchanged when the id changes. */
export interface LifetimeStart {
  /** Start of the absolute timeout, in milliseconds since 1970, on the store's clock. */
  readonly beganAtMs: number
  readonly isRemembered: boolean
}

/** Times of a stored session, in milliseconds since 1970 on the store's clock. */
export interface StoredLife extends LifetimeStart {
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Idle timeout that was in effect when the data was stored, in milliseconds. */
  readonly ttlMs: number
}

/** Time to live of a record and of its cookie, in milliseconds. */
export interface Rest {
  readonly ttlMs: number
  readonly cookieTtlMs: number
}

export interface Lifetimes {
  readonly canRemember: boolean
  /** Returns the idle timeout of the current options. */
  ttlMs(isRemembered: boolean): number
  /** Returns the time of the absolute timeout, in milliseconds since 1970. */
  absoluteExpiresAtMs(beginning: LifetimeStart): number
  /** Returns the lifetimes of a session that starts now. */
  whole(isRemembered: boolean): Rest
  /** Returns the remaining lifetimes of a session, or undefined if its absolute timeout has passed. */
  rest(beginning: LifetimeStart, nowMs: number): Rest | undefined
  /** Returns the earliest time at which the record can have been created or last touched. */
  sinceMs(life: StoredLife): number
  /** Returns false for a record that expires within the current timeouts, so that `isOver` need not be called. */
  mayBeOver(life: StoredLife): boolean
  /**
   * Checks the current timeouts. Checks the idle timeout only if the time of the last touch can be computed from the record.
   */
  isOver(life: StoredLife, nowMs: number): boolean
  /** Returns true if the absolute timeout limits the next touch, so that the ttl of the touch depends on the time now. */
  isNearEnd(life: StoredLife): boolean
  /** Returns the ttl to touch the session with, in milliseconds, or undefined if a touch is not due. */
  touchTtlIfDue(life: StoredLife, nowMs: number): number | undefined
}

interface Policy {
  readonly idleTimeoutMs: number
  readonly absoluteTimeoutMs: number
  readonly touchIntervalMs: number
}

function checkAtMost(option: string, value: number, limitOption: string, limit: number): void {
  if (value <= limit) return
  throw new TypeError(`${factory}: option ${option} is ${value}, but ${limitOption} is ${limit}: it may not be larger.`)
}

function checkPolicy(
  prefix: string,
  idleTimeoutMs: number,
  absoluteTimeoutMs: number,
  touchIntervalMs: number | undefined,
): Policy {
  checkPositiveInteger(factory, `${prefix}idleTimeoutMs`, idleTimeoutMs)
  checkPositiveInteger(factory, `${prefix}absoluteTimeoutMs`, absoluteTimeoutMs)
  checkAtMost(`${prefix}idleTimeoutMs`, idleTimeoutMs, `${prefix}absoluteTimeoutMs`, absoluteTimeoutMs)
  const touch = touchIntervalMs ?? Math.ceil(idleTimeoutMs / defaults.touchesPerTtl)
  checkPositiveInteger(factory, 'touchIntervalMs', touch)
  checkAtMost('touchIntervalMs', touch, `${prefix}idleTimeoutMs`, idleTimeoutMs)
  return { idleTimeoutMs, absoluteTimeoutMs, touchIntervalMs: touch }
}

function checkRemember(remember: RememberOptions, touchIntervalMs: number | undefined): Policy {
  if (typeof remember !== 'object' || remember === null) {
    throw new TypeError(`${factory}: option remember must be an object, but it is ${describeType(remember)}.`)
  }
  rejectUnknownOptions(`${factory}: option remember`, remember, ['idleTimeoutMs', 'absoluteTimeoutMs'])
  return checkPolicy('remember.', remember.idleTimeoutMs, remember.absoluteTimeoutMs, touchIntervalMs)
}

interface Policies {
  readonly plain: Policy
  /** For sessions with "remember me". */
  readonly remembered: Policy | undefined
}

function checkPolicies(options: LifetimeOptions): Policies {
  const {
    idleTimeoutMs = defaults.idleTimeoutMs,
    absoluteTimeoutMs = defaults.absoluteTimeoutMs,
    touchIntervalMs,
    remember,
  } = options
  return {
    plain: checkPolicy('', idleTimeoutMs, absoluteTimeoutMs, touchIntervalMs),
    remembered: remember === undefined ? undefined : checkRemember(remember, touchIntervalMs),
  }
}

/** Creates the rules of the timeouts. Throws a `TypeError` for a wrong option. */
export function createLifetimes(options: LifetimeOptions): Lifetimes {
  const { plain, remembered } = checkPolicies(options)

  function policyOf(isRemembered: boolean): Policy {
    return isRemembered && remembered ? remembered : plain
  }

  function absoluteExpiresAtMs({ beganAtMs, isRemembered }: LifetimeStart): number {
    return beganAtMs + policyOf(isRemembered).absoluteTimeoutMs
  }

  return {
    canRemember: remembered !== undefined,
    absoluteExpiresAtMs,

    ttlMs: (isRemembered) => policyOf(isRemembered).idleTimeoutMs,

    whole(isRemembered) {
      const { idleTimeoutMs, absoluteTimeoutMs } = policyOf(isRemembered)
      return { ttlMs: idleTimeoutMs, cookieTtlMs: absoluteTimeoutMs }
    },

    rest(beginning, nowMs) {
      const leftMs = absoluteExpiresAtMs(beginning) - nowMs
      if (leftMs <= 0) return undefined
      return { ttlMs: Math.min(policyOf(beginning.isRemembered).idleTimeoutMs, leftMs), cookieTtlMs: leftMs }
    },

    sinceMs({ isRemembered, createdAtMs, expiresAtMs, ttlMs }) {
      return Math.max(createdAtMs, expiresAtMs - Math.max(ttlMs, policyOf(isRemembered).idleTimeoutMs))
    },

    mayBeOver(life) {
      const { idleTimeoutMs } = policyOf(life.isRemembered)
      const outlivesIdle = life.ttlMs > idleTimeoutMs && life.expiresAtMs - life.createdAtMs > idleTimeoutMs
      return outlivesIdle || life.expiresAtMs > absoluteExpiresAtMs(life)
    },

    isOver(life, nowMs) {
      const { createdAtMs, expiresAtMs, ttlMs: formerTtlMs } = life
      const { idleTimeoutMs } = policyOf(life.isRemembered)
      if (nowMs >= absoluteExpiresAtMs(life)) return true
      if (formerTtlMs <= idleTimeoutMs) return false
      const touchedAtMs = Math.max(createdAtMs, expiresAtMs - formerTtlMs)
      // A record that expires within the current timeouts may have been touched under them. Then the time of its last touch
      // is unknown.
      const isUntouched = expiresAtMs - createdAtMs === formerTtlMs
      const isTouchTimeKnown =
        isUntouched || (expiresAtMs < absoluteExpiresAtMs(life) && expiresAtMs > nowMs + idleTimeoutMs)
      return isTouchTimeKnown && nowMs >= touchedAtMs + idleTimeoutMs
    },

    isNearEnd(life) {
      return life.expiresAtMs + policyOf(life.isRemembered).idleTimeoutMs > absoluteExpiresAtMs(life)
    },

    touchTtlIfDue(life, nowMs) {
      const { idleTimeoutMs, touchIntervalMs } = policyOf(life.isRemembered)
      const nextExpiryMs = Math.min(nowMs + idleTimeoutMs, absoluteExpiresAtMs(life))
      // A touch may also shorten: a record that exceeds the current timeouts was stored under longer ones.
      const isDue = nextExpiryMs > nowMs && Math.abs(nextExpiryMs - life.expiresAtMs) >= touchIntervalMs
      return isDue ? nextExpiryMs - nowMs : undefined
    },
  }
}
