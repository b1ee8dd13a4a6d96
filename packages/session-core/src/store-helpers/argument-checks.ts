import { describeAmount, describeType, findUnknownOption } from './option-checks.js'
import type { EndUserSessionsOptions, SweepOptions } from '../contract/capabilities.js'
import { SessionError } from '../contract/errors.js'
import type { CreateOptions, SessionId } from '../contract/plugin.js'

/** Longest `ttlMs` that our stores accept: 100 years of 365.25 days, in milliseconds. */
export const maxTtlMs = 3_155_760_000_000

/** Longest user id that our stores accept, in bytes of UTF-8. */
export const maxUserIdBytes = 1024

/** Default size limit of `dataJson` in our server-backed stores, in bytes of UTF-8: 1 MiB. */
export const defaultMaxDataBytes = 1_048_576

/** Default of the maximum number of records that one `sweep` removes. */
export const defaultMaxSweepRecords = 1000

export interface CreateLimits {
  readonly maxDataBytes: number
}

const encoder = new TextEncoder()

function badArgument(message: string): SessionError {
  return new SessionError('bad_argument', message)
}

// UTF-8 needs at most three bytes for each UTF-16 unit, so most texts fit without being encoded.
function exceeds(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes
}

/** Returns `ttlMs` if it is a positive safe integer of at most `maxTtlMs`. Throws `Invalid` otherwise (contract C7). */
export function checkTtlMs(ttlMs: unknown): number {
  if (typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs > 0 && ttlMs <= maxTtlMs) return ttlMs
  throw badArgument(
    `ttlMs must be a whole number of milliseconds from 1 to ${maxTtlMs}, but it is ${describeAmount(ttlMs)}.`,
  )
}

/**
 * Returns `dataJson` if it is JSON text that UTF-8 can encode, of at most `maxDataBytes` bytes. Throws `Invalid`
 * otherwise (contract C8, R2, L1).
 */
export function checkDataJson(dataJson: unknown, maxDataBytes: number): string {
  if (typeof dataJson !== 'string') throw badArgument(`dataJson must be a string, but it is ${describeType(dataJson)}.`)
  if (exceeds(dataJson, maxDataBytes)) {
    const bytes = encoder.encode(dataJson).length
    throw new SessionError('too_large', `dataJson has ${bytes} bytes; this store takes at most ${maxDataBytes}.`)
  }
  if (!dataJson.isWellFormed()) {
    throw badArgument('dataJson holds a lone surrogate, which UTF-8 cannot carry: escape it (JSON.stringify does).')
  }
  try {
    JSON.parse(dataJson)
  } catch {
    // The parser's message quotes the data, so it is neither repeated nor kept as the cause (contract E3).
    throw badArgument('dataJson is not JSON text: pass what JSON.stringify returns.')
  }
  return dataJson
}

/**
 * Returns the text that a store compares stored data with (contract O4, O5), or null for a text that equals no session's data,
 * because no JSON text contains a NUL or a lone surrogate. Throws `Invalid` if it is not a string.
 */
export function checkExpectedDataJson(expected: unknown): string | null {
  if (typeof expected !== 'string') {
    throw badArgument(`expectedDataJson must be a string, but it is ${describeType(expected)}.`)
  }
  return expected.includes('\0') || !expected.isWellFormed() ? null : expected
}

/**
 * Returns `userId` if it is text that UTF-8 can encode, of at most `maxUserIdBytes` bytes. Throws `Invalid` otherwise
 * (I3).
 */
export function checkUserId(userId: unknown): string {
  if (typeof userId !== 'string') throw badArgument(`userId must be a string, but it is ${describeType(userId)}.`)
  if (!userId.isWellFormed()) throw badArgument('userId holds a lone surrogate, which UTF-8 cannot carry.')
  if (exceeds(userId, maxUserIdBytes)) {
    const bytes = encoder.encode(userId).length
    throw new SessionError('too_large', `userId has ${bytes} bytes; at most ${maxUserIdBytes} are taken.`)
  }
  return userId
}

/**
 * Returns the options of a call, or an empty object for `undefined`. Throws `Invalid` if they are not an object or have
 * an unknown key.
 */
export function checkCallOptions<T extends object>(call: string, options: T | undefined, known: readonly string[]): T {
  const given: unknown = options === undefined ? {} : options
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badArgument(`${call} needs an object of options, but it was given ${describeType(given)}.`)
  }
  const unknown = findUnknownOption(given, known)
  if (unknown === undefined) return given as T
  throw badArgument(`${call} has no option ${unknown}; known are ${known.join(', ')}.`)
}

const createKeys = ['userId', 'dataJson', 'ttlMs']

/** Returns a checked copy of the options of `create`. Throws `Invalid` (contract C6, C7, C8, I3, L1, R7). */
export function checkCreateOptions(options: unknown, limits: CreateLimits): Required<CreateOptions> {
  if (options === undefined) throw badArgument('create needs an object { userId?, dataJson, ttlMs }.')
  checkCallOptions('create', options as CreateOptions, createKeys)
  const { userId, dataJson, ttlMs } = options as Partial<Record<keyof CreateOptions, unknown>>
  return {
    userId: userId === undefined ? undefined : checkUserId(userId),
    dataJson: checkDataJson(dataJson, limits.maxDataBytes),
    ttlMs: checkTtlMs(ttlMs),
  }
}

/** Returns `maxRecords`, or the default for `undefined`. Throws `Invalid` if it is not a positive safe integer. */
export function checkMaxRecords(maxRecords: unknown = defaultMaxSweepRecords): number {
  if (typeof maxRecords === 'number' && Number.isSafeInteger(maxRecords) && maxRecords > 0) return maxRecords
  throw badArgument(`maxRecords must be a positive integer, but it is ${describeAmount(maxRecords)}.`)
}

/** Returns `maxRecords` of a sweep's options, or the default. Throws `Invalid` (contract O2). */
export function checkSweepOptions(options: SweepOptions | undefined): number {
  return checkMaxRecords(checkCallOptions('sweep', options, ['maxRecords']).maxRecords)
}

/** Returns the session that `endUserSessions` must keep, if any. Throws `Invalid` for an unknown option (O1). */
export function checkEndOptions(options: EndUserSessionsOptions | undefined): SessionId | undefined {
  return checkCallOptions('endUserSessions', options, ['except']).except
}
