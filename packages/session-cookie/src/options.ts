import { checkPositiveInteger, describeType, rejectUnknownOptions } from '@bext/session-core/store'
import type { CheckedSecret, CookieSecret } from './secrets.js'
import { checkSecrets } from './secrets.js'

export interface CookieSessionsOptions {
  /** The first seals, all open: to change the secret, put the new one in front. At least one. */
  readonly secrets: readonly CookieSecret[]
  /** What the sessions are for: ids of another purpose are `Invalid` (I2). 1 to 128 characters. Default: `session`. */
  readonly purpose?: string | undefined
  /**
   * The longest id, in bytes; longer ones are neither made nor opened (L1). The default, 3900, leaves room for a
   * cookie's name and attributes in a `Set-Cookie` line of 4096 bytes.
   */
  readonly maxIdBytes?: number | undefined
}

export interface CheckedOptions {
  readonly secrets: readonly [CheckedSecret, ...CheckedSecret[]]
  readonly purpose: string
  readonly maxIdBytes: number
}

const defaults = Object.freeze({ purpose: 'session', maxIdBytes: 3900 })

const maxPurposeLength = 128

function checkPurpose(purpose: unknown): string {
  const expected = `cookieSessions: option purpose must be a string of 1 to ${maxPurposeLength} characters`
  if (typeof purpose !== 'string') throw new TypeError(`${expected}, but it is ${describeType(purpose)}.`)
  if (!purpose.isWellFormed()) throw new TypeError(`${expected}, but it holds a lone surrogate.`)
  if (purpose.length === 0 || purpose.length > maxPurposeLength) {
    throw new TypeError(`${expected}, but it has ${purpose.length}.`)
  }
  return purpose
}

/** The options with their defaults, copied (contract R7). Throws a `TypeError` that names the wrong one. */
export function checkOptions(options: CookieSessionsOptions): CheckedOptions {
  rejectUnknownOptions('cookieSessions', options, ['secrets', 'purpose', 'maxIdBytes'])
  const { secrets, purpose = defaults.purpose, maxIdBytes = defaults.maxIdBytes } = options
  return {
    secrets: checkSecrets(secrets),
    purpose: checkPurpose(purpose),
    maxIdBytes: checkPositiveInteger('cookieSessions', 'maxIdBytes', maxIdBytes),
  }
}
