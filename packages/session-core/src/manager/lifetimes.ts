import { impliedTtlMs } from './stored-session.js'
import { checkPositiveInteger, describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'

const factory = 'createSessionManager'
const minuteMs = 60_000

// Chosen as OWASP ASVS 5.0 (7.1.1, 7.3.1, 7.3.2) wants it, with a reason: NIST SP 800-63B-4 has 1 hour and 24 hours at
// most at AAL2 (2.2.3), and its predecessor had 30 minutes and 12 hours, which suit more applications unseen.
const defaults = Object.freeze({
  idleTimeoutMs: impliedTtlMs,
  absoluteTimeoutMs: 12 * 60 * minuteMs,
  touchesPerTtl: 10,
})

export interface RememberOptions {
  /** As the manager's `ttlMs`, for a session with "remember me". */
  readonly idleTimeoutMs: number
  /** As the manager's `absoluteTimeoutMs`, for a session with "remember me". */
  readonly absoluteTimeoutMs: number
}

export interface LifetimeOptions {
  /**
   * How long a session lives without a request, in milliseconds. Default: 30 minutes. At AAL2, NIST SP 800-63B-4
   * (2.2.3) wants no more than an hour.
   */
  readonly idleTimeoutMs?: number | undefined
  /**
   * How long a session lives whatever happens, in milliseconds from its beginning: a sign-in begins it again, a touch or
   * a rotation does not. A busy session ends then, or up to `touchIntervalMs` before. Default: 12 hours. At AAL2, NIST
   * SP 800-63B-4 (2.2.3) wants no more than 24; at AAL3 (2.3.3), 12.
   */
  readonly absoluteTimeoutMs?: number | undefined
  /** A request extends the session's life only by this or more, in milliseconds. Default: a tenth of the ttl. */
  readonly touchIntervalMs?: number | undefined
  /** The lifetimes of sessions that begin by `signIn(userId, { remember: true })`. Default: there are none. */
  readonly remember?: RememberOptions | undefined
}

/** What tells how long a session may live, however often its id changes. */
export interface LifetimeStart {
  /** When the session began, in milliseconds since 1970, on the store's clock. */
  readonly beganAtMs: number
  readonly isRemembered: boolean
}

/** What a record tells of the life of its session, in milliseconds since 1970 on the store's clock. */
export interface StoredLife extends LifetimeStart {
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** The idle timeout that the session had when its data was stored. */
  readonly ttlMs: number
}

/** The time to live of a record and that of its cookie, in milliseconds. */
export interface Rest {
  readonly ttlMs: number
  readonly cookieTtlMs: number
}

export interface Lifetimes {
  readonly canRemember: boolean
  /** The idle timeout of today's options. */
  ttlMs(isRemembered: boolean): number
  /** When the session ends however busy it is, in milliseconds since 1970. */
  absoluteExpiresAtMs(beginning: LifetimeStart): number
  /** The lifetimes of a session that begins now. */
  whole(isRemembered: boolean): Rest
  /** What is left of a session, or undefined if it has come to its absolute end. */
  rest(beginning: LifetimeStart, nowMs: number): Rest | undefined
  /** The time before which no manager with these options touched the record. */
  sinceMs(life: StoredLife): number
  /** Returns false for a record that expires within today's timeouts, so that `isOver` need not be asked. */
  mayBeOver(life: StoredLife): boolean
  /** Checks today's timeouts. The idle timeout can be checked as far as the record tells when its last touch was. */
  isOver(life: StoredLife, nowMs: number): boolean
  /** Checks whether the absolute end limits the next touch, so that its time to live depends on the time now. */
  isNearEnd(life: StoredLife): boolean
  /** The time to live to touch the session with, or undefined where it is not due. */
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

/** Throws a `TypeError` for a wrong option. */
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
      // A record that expires within today's timeouts may have been touched by them since: then it tells of no idle time.
      const isNever = expiresAtMs - createdAtMs === formerTtlMs
      const isByFormer = isNever || (expiresAtMs < absoluteExpiresAtMs(life) && expiresAtMs > nowMs + idleTimeoutMs)
      return isByFormer && nowMs >= touchedAtMs + idleTimeoutMs
    },

    isNearEnd(life) {
      return life.expiresAtMs + policyOf(life.isRemembered).idleTimeoutMs > absoluteExpiresAtMs(life)
    },

    touchTtlIfDue(life, nowMs) {
      const { idleTimeoutMs, touchIntervalMs } = policyOf(life.isRemembered)
      const nextExpiryMs = Math.min(nowMs + idleTimeoutMs, absoluteExpiresAtMs(life))
      // Also a touch down: a record that outlives today's timeouts was stored under longer ones.
      const isDue = nextExpiryMs > nowMs && Math.abs(nextExpiryMs - life.expiresAtMs) >= touchIntervalMs
      return isDue ? nextExpiryMs - nowMs : undefined
    },
  }
}
