import { checkPositiveInteger, describeType, rejectUnknownOptions } from '../check-option.js'

const factory = 'createSessionManager'
const minuteMs = 60_000

// Chosen as OWASP ASVS 5.0 (7.1.1, 7.3.1, 7.3.2) wants it, with a reason: NIST SP 800-63B-4 has 1 hour and 24 hours at
// most at AAL2 (2.2.3), and its predecessor had 30 minutes and 12 hours, which suit more applications unseen.
const defaults = Object.freeze({ ttlMs: 30 * minuteMs, absoluteTtlMs: 12 * 60 * minuteMs, touchesPerTtl: 10 })

export interface RememberOptions {
  /** As the manager's `ttlMs`, for a session with "remember me". */
  readonly ttlMs: number
  /** As the manager's `absoluteTtlMs`, for a session with "remember me". */
  readonly absoluteTtlMs: number
}

export interface LifetimeOptions {
  /**
   * How long a session lives without a request, in milliseconds. Default: 30 minutes. At AAL2, NIST SP 800-63B-4
   * (2.2.3) wants no more than an hour.
   */
  readonly ttlMs?: number | undefined
  /**
   * How long a session lives whatever happens, in milliseconds from its beginning: a sign-in begins it again, a touch or
   * a rotation does not. A busy session ends then, or up to `touchAfterMs` before. Default: 12 hours. At AAL2, NIST
   * SP 800-63B-4 (2.2.3) wants no more than 24; at AAL3 (2.3.3), 12.
   */
  readonly absoluteTtlMs?: number | undefined
  /** A request extends the session's life only by this or more, in milliseconds. Default: a tenth of the ttl. */
  readonly touchAfterMs?: number | undefined
  /** The lifetimes of sessions that begin by `signIn(userId, { remember: true })`. Default: there are none. */
  readonly remember?: RememberOptions | undefined
}

/** What tells how long a session may live, however often its id changes. */
export interface Beginning {
  /** When the session began, in milliseconds since 1970, on the store's clock. */
  readonly beganAtMs: number
  readonly isRemembered: boolean
}

export interface Lifetimes {
  readonly canRemember: boolean
  /** When the session ends however busy it is, in milliseconds since 1970. */
  endsAtMs(beginning: Beginning): number
  /** The times to live of a new id and of its cookie, in milliseconds; undefined: of a session that begins now. */
  newId(isRemembered: boolean, beganAtMs: number | undefined): { readonly ttlMs: number; readonly cookieTtlMs: number }
  /** The time to live to touch the session with, or undefined where it is not due. */
  dueTouchTtlMs(beginning: Beginning, expiresAtMs: number): number | undefined
}

interface Policy {
  readonly ttlMs: number
  readonly absoluteTtlMs: number
  readonly touchAfterMs: number
}

function checkAtMost(option: string, value: number, limitOption: string, limit: number): void {
  if (value <= limit) return
  throw new TypeError(`${factory}: option ${option} is ${value}, but ${limitOption} is ${limit}: it may not be larger.`)
}

function checkPolicy(prefix: string, ttlMs: number, absoluteTtlMs: number, touchAfterMs: number | undefined): Policy {
  checkPositiveInteger(factory, `${prefix}ttlMs`, ttlMs)
  checkPositiveInteger(factory, `${prefix}absoluteTtlMs`, absoluteTtlMs)
  checkAtMost(`${prefix}ttlMs`, ttlMs, `${prefix}absoluteTtlMs`, absoluteTtlMs)
  const touch = touchAfterMs ?? Math.ceil(ttlMs / defaults.touchesPerTtl)
  checkPositiveInteger(factory, 'touchAfterMs', touch)
  checkAtMost('touchAfterMs', touch, `${prefix}ttlMs`, ttlMs)
  return { ttlMs, absoluteTtlMs, touchAfterMs: touch }
}

function checkRemember(remember: RememberOptions, touchAfterMs: number | undefined): Policy {
  if (typeof remember !== 'object' || remember === null) {
    throw new TypeError(`${factory}: option remember must be an object, but it is ${describeType(remember)}.`)
  }
  rejectUnknownOptions(`${factory}: option remember`, remember, ['ttlMs', 'absoluteTtlMs'])
  return checkPolicy('remember.', remember.ttlMs, remember.absoluteTtlMs, touchAfterMs)
}

/** Throws a `TypeError` for a wrong option. */
export function createLifetimes(options: LifetimeOptions): Lifetimes {
  const { ttlMs = defaults.ttlMs, absoluteTtlMs = defaults.absoluteTtlMs, touchAfterMs, remember } = options
  const plain = checkPolicy('', ttlMs, absoluteTtlMs, touchAfterMs)
  const remembered = remember === undefined ? undefined : checkRemember(remember, touchAfterMs)

  function policyOf(isRemembered: boolean): Policy {
    return isRemembered && remembered ? remembered : plain
  }

  function endsAtMs({ beganAtMs, isRemembered }: Beginning): number {
    return beganAtMs + policyOf(isRemembered).absoluteTtlMs
  }

  return {
    canRemember: remembered !== undefined,
    endsAtMs,

    newId(isRemembered, beganAtMs) {
      const policy = policyOf(isRemembered)
      if (beganAtMs === undefined) return { ttlMs: policy.ttlMs, cookieTtlMs: policy.absoluteTtlMs }
      // A session whose end has come by our clock, but not by the store's, gets the shortest life that there is.
      const leftMs = Math.max(1, endsAtMs({ beganAtMs, isRemembered }) - Date.now())
      return { ttlMs: Math.min(policy.ttlMs, leftMs), cookieTtlMs: leftMs }
    },

    // The record's times are on the store's clock, so a skew between it and this process' clock shifts both ends by as
    // much, and never by more: each touch reckons from the beginning.
    dueTouchTtlMs(beginning, expiresAtMs) {
      const policy = policyOf(beginning.isRemembered)
      const nowMs = Date.now()
      const nextExpiryMs = Math.min(nowMs + policy.ttlMs, endsAtMs(beginning))
      const isDue = nextExpiryMs > nowMs && nextExpiryMs - expiresAtMs >= policy.touchAfterMs
      return isDue ? nextExpiryMs - nowMs : undefined
    },
  }
}
