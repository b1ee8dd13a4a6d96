import {
  callHook,
  checkPositiveInteger,
  checkSecrets,
  describeType,
  rejectUnknownOptions,
  type CheckedSecret,
} from '@bext/session-core/store-helpers'

/** A secret that authenticates bound cookies and challenges. */
export interface DeviceSecret {
  /** Name of the secret: 1 to 64 characters of `A-Z a-z 0-9 _`, unique. Every cookie and challenge shows this name. */
  readonly id: string
  /**
   * At least 32 bytes that nobody can guess, such as the output of `npx @bext/session-cookie generate-secret`. A string
   * counts in bytes of UTF-8.
   */
  readonly secret: string | Uint8Array
}

/**
 * Reason of a rejection:
 *
 * - `missing`, `expired`, `invalid`, `skipped:…`: the request of a bound session did not prove the device (`SessionDevice`).
 * - `method`, `origin`, `oversized`, `malformed`: the request to an endpoint has a wrong method, comes from another site, or
 *   carries no readable proof.
 * - `proof`: the proof has a wrong type, algorithm, key or signature.
 * - `challenge`: the challenge is stale, used or not genuine. Normal now and then: the browser repeats with a new one.
 * - `session`: the session has ended, or the key does not belong to it.
 * - `taken`: the session is bound to another key already.
 * - `moved`: the session has just got another id, and the browser tries again.
 * - `unavailable`: the store failed.
 */
export type DeviceRejectionReason =
  | 'missing'
  | 'expired'
  | 'invalid'
  | `skipped:${string}`
  | 'method'
  | 'origin'
  | 'oversized'
  | 'malformed'
  | 'proof'
  | 'challenge'
  | 'session'
  | 'taken'
  | 'moved'
  | 'unavailable'

/** A request that was rejected. Contains no id, key or user. */
export interface DeviceRejection {
  readonly phase: 'request' | 'registration' | 'refresh'
  readonly reason: DeviceRejectionReason
}

export interface DeviceBindingOptions {
  /**
   * One or more secrets. The first one authenticates new cookies and challenges, and all of them check. To change the secret,
   * add the new one after the old one on every server, then put it first, and remove the old one after `boundCookieMs`.
   */
  readonly secrets: readonly DeviceSecret[]
  /** Origins of the app as browsers see them, such as `https://app.example.com`. */
  readonly origins: readonly string[]
  /** Path of the endpoints `register` and `refresh`, without a slash at its end. Default: `/session-device`. */
  readonly path?: string | undefined
  /**
   * Time for which the bound cookie proves the device, in milliseconds. A thief with both cookies can use them for as long.
   * At least 3 minutes, because browsers sign only about six times in nine minutes. Default: 10 minutes.
   */
  readonly boundCookieMs?: number | undefined
  /**
   * Treatment of a request that has the cookie of a bound session, but does not prove its device. `guest`: it gets the
   * session of a guest. `readOnly`: the session can be read and ended, and any other change is rejected with a
   * `SessionCommitError`, reason `unproven_device`. `report`: nothing is refused, and `session.device` and `onRejection`
   * say what would be, for the first days of a roll-out. Default: `guest`.
   */
  readonly whenUnproven?: 'guest' | 'readOnly' | 'report' | undefined
  /**
   * Called for every request that is rejected or does not prove its device. `cause` is the error, if there is one. Errors that
   * the hook throws are ignored. Default: none.
   */
  readonly onRejection?: ((rejection: DeviceRejection, cause: unknown) => void) | undefined
}

export interface CheckedOptions {
  readonly secrets: readonly [CheckedSecret, ...CheckedSecret[]]
  readonly origins: readonly [string, ...string[]]
  readonly path: string
  readonly boundCookieMs: number
  readonly whenUnproven: 'guest' | 'readOnly' | 'report'
  /** Calls the hook. */
  readonly reportRejection: (phase: DeviceRejection['phase'], reason: DeviceRejectionReason, cause?: unknown) => void
}

const factory = 'deviceBinding'
const known = ['secrets', 'origins', 'path', 'boundCookieMs', 'whenUnproven', 'onRejection']
const defaults = Object.freeze({ path: '/session-device', boundCookieMs: 600_000 })
const minBoundCookieMs = 180_000
const plainPath = /^(?:\/[A-Za-z0-9._~-]+)+$/

function fail(option: string, expected: string, value: unknown): never {
  throw new TypeError(`${factory}: option ${option} must be ${expected}, but it is ${describeType(value)}.`)
}

function isHttpsOrigin(value: unknown): value is string {
  return (
    typeof value === 'string' && value.startsWith('https://') && URL.canParse(value) && new URL(value).origin === value
  )
}

function checkOrigins(origins: unknown): readonly [string, ...string[]] {
  const given: readonly unknown[] = Array.isArray(origins) ? Array.from(origins) : []
  const [first, ...others] = given.filter(isHttpsOrigin)
  if (first !== undefined && others.length === given.length - 1) return [first, ...others]
  const wrong = given.findIndex((origin) => !isHttpsOrigin(origin))
  const expected =
    wrong === -1
      ? 'origins must be an array of one or more origins such as https://app.example.com'
      : `origins[${wrong}] must be an origin such as https://app.example.com: with https, because browsers bind only over HTTPS, and without a slash, a path or the port 443 at its end`
  throw new TypeError(`${factory}: option ${expected}.`)
}

function checkBoundCookieMs(value: unknown): number {
  const checked = checkPositiveInteger(factory, 'boundCookieMs', value)
  if (checked >= minBoundCookieMs) return checked
  const why = 'because browsers sign only about six times in nine minutes'
  throw new TypeError(`${factory}: option boundCookieMs must be at least ${minBoundCookieMs}, ${why}.`)
}

/** Returns a copy of the options with their defaults. Throws a `TypeError` that names the wrong option. */
export function checkOptions(options: DeviceBindingOptions): CheckedOptions {
  rejectUnknownOptions(factory, options, known)
  const { secrets, origins, path = defaults.path, boundCookieMs = defaults.boundCookieMs } = options
  const { whenUnproven = 'guest', onRejection = () => undefined } = options
  if (typeof path !== 'string' || !plainPath.test(path)) fail('path', 'a path such as /session-device', path)
  if (!['guest', 'readOnly', 'report'].includes(whenUnproven)) {
    fail('whenUnproven', "'guest', 'readOnly' or 'report'", whenUnproven)
  }
  if (typeof onRejection !== 'function') fail('onRejection', 'a function', onRejection)
  return {
    secrets: checkSecrets(factory, secrets),
    origins: checkOrigins(origins),
    path,
    boundCookieMs: checkBoundCookieMs(boundCookieMs),
    whenUnproven,
    reportRejection(phase, reason, cause) {
      callHook(onRejection, { phase, reason }, cause)
    },
  }
}
