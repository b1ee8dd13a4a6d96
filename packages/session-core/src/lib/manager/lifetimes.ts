import { checkPositiveInteger } from '../check-option.js'
import type { SessionRecord } from '../plugin.js'

const factory = 'createSessionManager'
const minuteMs = 60_000

/** 30 minutes idle and 12 hours in all are what NIST SP 800-63B (revision 3, section 4.2.3) sets for AAL2. */
const defaults = Object.freeze({ ttlMs: 30 * minuteMs, absoluteTtlMs: 12 * 60 * minuteMs, touchesPerTtl: 10 })

export interface LifetimeOptions {
  /**
   * How long a session lives without a request, in milliseconds. Default: 30 minutes, the longest inactivity that NIST
   * SP 800-63B (revision 3, 4.2.3) allows at AAL2, and the upper end of OWASP's range for low-risk applications.
   */
  readonly ttlMs?: number | undefined
  /**
   * How long a session lives whatever happens, in milliseconds from its creation. A busy one ends then, or up to
   * `touchAfterMs` before; a sign-in creates a new one. Default: 12 hours, after which NIST SP 800-63B (revision 3,
   * 4.2.3) has users authenticate again at AAL2.
   */
  readonly absoluteTtlMs?: number | undefined
  /** A request extends the session's life only by this or more, in milliseconds. Default: a tenth of `ttlMs`. */
  readonly touchAfterMs?: number | undefined
}

export interface Lifetimes {
  /** The time to live of a new session, in milliseconds. */
  readonly ttlMs: number
  /** The time to live to touch the session with, or undefined where it is not due. */
  dueTouchTtlMs(record: SessionRecord): number | undefined
}

function checkAtMost(option: string, value: number, limitOption: string, limit: number): void {
  if (value <= limit) return
  throw new TypeError(`${factory}: option ${option} is ${value}, but ${limitOption} is ${limit}: it may not be larger.`)
}

/** Throws a `TypeError` for a wrong option. */
export function createLifetimes(options: LifetimeOptions): Lifetimes {
  const { ttlMs = defaults.ttlMs, absoluteTtlMs = defaults.absoluteTtlMs } = options
  checkPositiveInteger(factory, 'ttlMs', ttlMs)
  checkPositiveInteger(factory, 'absoluteTtlMs', absoluteTtlMs)
  checkAtMost('ttlMs', ttlMs, 'absoluteTtlMs', absoluteTtlMs)
  const { touchAfterMs = Math.ceil(ttlMs / defaults.touchesPerTtl) } = options
  checkPositiveInteger(factory, 'touchAfterMs', touchAfterMs)
  checkAtMost('touchAfterMs', touchAfterMs, 'ttlMs', ttlMs)

  return {
    ttlMs,
    // The record's times are on the store's clock, so a skew between it and this process' clock shifts both ends.
    dueTouchTtlMs({ createdAtMs, expiresAtMs }: SessionRecord): number | undefined {
      const nowMs = Date.now()
      const nextExpiryMs = Math.min(nowMs + ttlMs, createdAtMs + absoluteTtlMs)
      const isDue = nextExpiryMs > nowMs && nextExpiryMs - expiresAtMs >= touchAfterMs
      return isDue ? nextExpiryMs - nowMs : undefined
    },
  }
}
