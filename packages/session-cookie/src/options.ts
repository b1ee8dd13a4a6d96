import { checkPositiveInteger, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import type { Compression } from './compression.js'
import type { LegacyDecoder } from './legacy/legacy.js'
import type { Revocation } from './revocation/revocation.js'
import type { CheckedSecret, CookieSecret } from './secrets.js'
import { checkSecrets } from './secrets.js'
import { describeWithoutValue, optionError } from './wrong-option.js'

export interface CookieSessionsOptions {
  /** The first seals, all open: to change the secret, put the new one in front. At least one. */
  readonly secrets: readonly CookieSecret[]
  /** What the sessions are for: ids of another purpose are `Invalid` (I2). 1 to 128 characters. Default: `session`. */
  readonly purpose?: string | undefined
  /**
   * The longest id, in bytes; longer ones are neither made nor opened (L1). The default, 3900, leaves room for a
   * cookie's name and attributes in a `Set-Cookie` line of 4096 bytes, the limit of the manager.
   */
  readonly maxIdBytes?: number | undefined
  /**
   * `deflate` of `@bext/session-cookie/compression` makes ids shorter. Default: none, for the length of what is
   * compressed tells something of its content.
   */
  readonly compression?: Compression | undefined
  /** What `createRevocation` made: ends take effect before expiry, for a look-up at each read. Default: none. */
  readonly revocation?: Revocation | undefined
  /** Opens the cookies of what was there before, such as `ironSessionCookies()`. Default: none. */
  readonly legacyDecoder?: LegacyDecoder | undefined
}

export interface CheckedOptions {
  readonly secrets: readonly [CheckedSecret, ...CheckedSecret[]]
  readonly purpose: string
  readonly maxIdBytes: number
  readonly compression: Compression | undefined
  readonly revocation: Revocation | undefined
  readonly legacyDecoder: LegacyDecoder | undefined
}

const factory = 'cookieSessions'
const defaults = Object.freeze({ purpose: 'session', maxIdBytes: 3900 })

const known = ['secrets', 'purpose', 'maxIdBytes', 'compression', 'revocation', 'legacyDecoder']
const maxPurposeLength = 128
const revocationMethods = ['newFamilyId', 'checkTtlMs', 'assertNotRevoked', 'revoke', 'revokeUser', 'isHealthy']
const makers = {
  compression: '@bext/session-cookie/compression',
  revocation: 'createRevocation() of @bext/session-cookie/revocation',
}

function checkPurpose(purpose: unknown): string {
  if (typeof purpose === 'string' && purpose.isWellFormed() && purpose && purpose.length <= maxPurposeLength) {
    return purpose
  }
  throw optionError(
    'purpose',
    `a string of 1 to ${maxPurposeLength} characters, without a lone surrogate`,
    describeWithoutValue(purpose),
  )
}

function checkFunction<T>(option: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value
  throw optionError(option, 'a function', describeWithoutValue(value))
}

function checkMethods<T extends object>(
  option: keyof typeof makers,
  methods: readonly string[],
  value?: T,
): T | undefined {
  if (value === undefined) return value
  const expected = `what ${makers[option]} gives`
  if (typeof value !== 'object' || value === null) throw optionError(option, expected, describeWithoutValue(value))
  const missing = methods.filter((method) => typeof Reflect.get(value, method) !== 'function')
  if (missing.length === 0) return value
  throw optionError(option, expected, `an object without ${missing.join(', ')}`)
}

/** The options with their defaults, copied (contract R7). Throws a `TypeError` that names the wrong one. */
export function checkOptions(options: CookieSessionsOptions): CheckedOptions {
  rejectUnknownOptions(factory, options, known)
  const { secrets, purpose = defaults.purpose, maxIdBytes = defaults.maxIdBytes } = options
  const { compression, revocation, legacyDecoder } = options
  return {
    secrets: checkSecrets(secrets),
    purpose: checkPurpose(purpose),
    maxIdBytes: checkPositiveInteger(factory, 'maxIdBytes', maxIdBytes),
    compression: checkMethods('compression', ['deflate', 'inflate'], compression),
    revocation: checkMethods('revocation', revocationMethods, revocation),
    legacyDecoder: checkFunction('legacyDecoder', legacyDecoder),
  }
}
