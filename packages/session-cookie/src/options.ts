import type { CheckedSecret } from '@bext/session-core/store-helpers'
import {
  checkPositiveInteger,
  checkSecrets,
  describeWithoutValue,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import type { Compression } from './compression/types.js'
import type { LegacyDecoder } from './legacy/legacy.js'
import type { Revocation } from './revocation/revocation.js'

/** A secret that seals session ids. */
export interface CookieSecret {
  /** Name of the secret: 1 to 64 characters of `A-Z a-z 0-9 _`, unique. Every id that it seals shows this name. */
  readonly id: string
  /**
   * At least 32 bytes that nobody can guess, such as the output of `npx @bext/session-cookie generate-secret`. A string
   * counts in bytes of UTF-8.
   */
  readonly secret: string | Uint8Array
}

export interface CookieSessionsOptions {
  /** One or more secrets. The first one seals, and all of them open. To change the secret, put the new one first. */
  readonly secrets: readonly CookieSecret[]
  /**
   * Purpose of the sessions. A store of another purpose rejects their ids with `Invalid` (I2). 1 to 128 characters.
   * Default: `session`.
   */
  readonly purpose?: string | undefined
  /**
   * Longest session id, in bytes. A longer id is neither created nor opened (L1). The default, 3900, leaves room for a
   * cookie's name and attributes in a `Set-Cookie` line of 4096 bytes, the limit of the manager.
   */
  readonly maxIdBytes?: number | undefined
  /**
   * `deflate` of `@bext/session-cookie/compression`, which makes ids shorter. Default: none, because the length of
   * compressed data reveals something about its content.
   */
  readonly compression?: Compression | undefined
  /**
   * Result of `createRevocation`. `delete` and `revokeUser` then take effect before sessions expire, and each read asks
   * the revocations once. Default: none.
   */
  readonly revocation?: Revocation | undefined
  /** Opens the cookies of an earlier library, such as `ironSessionCookies()`. Default: none. */
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
const compressionMethods = ['deflate', 'inflate']
const revocationMethods = ['newFamilyId', 'checkTtlMs', 'assertNotRevoked', 'revoke', 'revokeUser', 'isHealthy']
const sources = {
  compression: 'deflate or inflateOnly of @bext/session-cookie/compression',
  revocation: 'the result of createRevocation() of @bext/session-cookie/revocation',
}

function optionError(option: string, expected: string, given: string): TypeError {
  return new TypeError(`${factory}: option ${option} must be ${expected}, but it is ${given}.`)
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
  option: keyof typeof sources,
  methods: readonly string[],
  value?: T,
): T | undefined {
  if (value === undefined) return value
  const expected = sources[option]
  if (typeof value !== 'object' || value === null) throw optionError(option, expected, describeWithoutValue(value))
  const missing = methods.filter((method) => typeof Reflect.get(value, method) !== 'function')
  if (missing.length === 0) return value
  throw optionError(option, expected, `an object without ${missing.join(', ')}`)
}

/**
 * Returns a copy of the options with their defaults (contract R7). Throws a `TypeError` that names the wrong option.
 */
export function checkOptions(options: CookieSessionsOptions): CheckedOptions {
  rejectUnknownOptions(factory, options, known)
  const { secrets, purpose = defaults.purpose, maxIdBytes = defaults.maxIdBytes } = options
  const { compression, revocation, legacyDecoder } = options
  return {
    secrets: checkSecrets(factory, secrets),
    purpose: checkPurpose(purpose),
    maxIdBytes: checkPositiveInteger(factory, 'maxIdBytes', maxIdBytes),
    compression: checkMethods('compression', compressionMethods, compression),
    revocation: checkMethods('revocation', revocationMethods, revocation),
    legacyDecoder: checkFunction('legacyDecoder', legacyDecoder),
  }
}
