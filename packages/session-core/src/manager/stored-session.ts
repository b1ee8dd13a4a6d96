import { notFound, SessionError } from '../contract/errors.js'
import type { SessionRecord } from '../contract/plugin.js'
import { InvalidData } from './commit-error.js'
import { deviceRecordMark } from './device.js'
import type { SessionCookie } from './cookie.js'
import type { StoredLife } from './lifetimes.js'

/** Values that the manager stores beside the data. */
export interface StoredEnvelope {
  readonly isRemembered: boolean
  /** True if a rotation replaced this id, and it is still readable for a grace period. */
  readonly isReplaced: boolean
  /** Start of the absolute timeout, in milliseconds since 1970, on the store's clock. 0: the creation of the record. */
  readonly beganAtMs: number
  /** Idle timeout that was in effect at the last creation, or update with a touch, in milliseconds. */
  readonly ttlMs: number
  /** True if the session was migrated from another program, so that the time of its sign-in is unknown. */
  readonly isAdopted: boolean
  /** Name that the session keeps when its id changes. Undefined: the name follows from its id, see `familyIdOf`. */
  readonly familyId: string | undefined
}

export interface DecodedSession extends StoredEnvelope {
  readonly data: object
  /** The data, as JSON text. */
  readonly dataText: string
}

/** Idle timeout of a record that contains none. Part of the stored format, so it never changes. */
export const impliedTtlMs = 1_800_000

const version = 1
const rememberedFlag = 1
const replacedFlag = 2
const adoptedFlag = 4
const familyIdPattern = /^[\w-]{16}$/
// A store that keeps parsed JSON may return spaces (contract R2).
const deviceRecord = new RegExp(`^\\s*\\[\\s*"${deviceRecordMark}"`)

/**
 * Returns the `dataJson` to store. An object with nothing beside it is stored as it is. Otherwise the result is
 * `[1, flags, beganAtMs, data]`, or `[1, flags, beganAtMs, data, ttlMs]` if the idle timeout is not the implied one, or
 * `[1, flags, beganAtMs, data, ttlMs, familyId]`. So a sealed cookie contains only the bytes that its session needs.
 */
export function encodeStoredSession(
  dataText: string,
  { isRemembered, isReplaced, isAdopted, beganAtMs, ttlMs, familyId }: StoredEnvelope,
): string {
  const flags = (isRemembered ? rememberedFlag : 0) + (isReplaced ? replacedFlag : 0) + (isAdopted ? adoptedFlag : 0)
  const end = trailer(ttlMs === impliedTtlMs && familyId === undefined ? undefined : ttlMs, familyId)
  if (flags === 0 && beganAtMs === 0 && end === ']' && dataText.startsWith('{')) return dataText
  return `${header(flags, beganAtMs)}${dataText}${end}`
}

function header(flags: number, beganAtMs: number): string {
  return `[${version},${flags},${beganAtMs},`
}

function trailer(ttlMs: number | undefined, familyId: string | undefined): string {
  return `${ttlMs === undefined ? '' : `,${ttlMs}`}${familyId === undefined ? '' : `,"${familyId}"`}]`
}

function parse(dataJson: string): object {
  let parsed: unknown
  try {
    parsed = JSON.parse(dataJson)
  } catch {
    // The parser's message quotes the data, so it is not kept as the cause (contract E3).
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed
  throw new InvalidData()
}

function isWhole(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= limit
}

/**
 * Decodes a stored `dataJson`. Throws `InvalidData` if it is not an object or an array. Throws `Invalid`, reason
 * `unsupported_version` or `malformed`, for an array that this version of the manager cannot have stored.
 */
export function decodeStoredSession(dataJson: string): DecodedSession {
  const parsed = parse(dataJson)
  if (!Array.isArray(parsed)) {
    const flags = { isRemembered: false, isReplaced: false, isAdopted: false }
    const envelope = { ...flags, beganAtMs: 0, ttlMs: impliedTtlMs, familyId: undefined }
    return { ...envelope, data: parsed, dataText: dataJson }
  }
  const [storedVersion, flags, beganAtMs, data, ttlMs = impliedTtlMs, familyId] = parsed as unknown[]
  if (storedVersion !== version) {
    throw new SessionError('unsupported_version', 'The session was stored by an unknown version of the manager.')
  }
  const isFlagged = isWhole(flags, rememberedFlag + replacedFlag + adoptedFlag)
  const isTimed = isWhole(beganAtMs, Number.MAX_SAFE_INTEGER) && isWhole(ttlMs, Number.MAX_SAFE_INTEGER) && ttlMs > 0
  const isNamed = familyId === undefined || (typeof familyId === 'string' && familyIdPattern.test(familyId))
  const hasLength = parsed.length >= 4 && parsed.length <= 6
  if (!hasLength || !isFlagged || !isTimed || !isNamed || typeof data !== 'object' || data === null) {
    throw new SessionError('malformed', 'The stored session does not have the format of the manager.')
  }
  const start = header(flags, beganAtMs)
  const end = trailer(parsed.length === 4 ? undefined : ttlMs, familyId)
  // A store that keeps parsed JSON may return another spelling (contract R2).
  const isOurSpelling = dataJson.startsWith(start) && dataJson.endsWith(end)
  return {
    isRemembered: (flags & rememberedFlag) !== 0,
    isReplaced: (flags & replacedFlag) !== 0,
    isAdopted: (flags & adoptedFlag) !== 0,
    beganAtMs,
    ttlMs,
    familyId,
    data,
    dataText: isOurSpelling ? dataJson.slice(start.length, -end.length) : JSON.stringify(data),
  }
}

/**
 * Throws `NotFound` for the record of a device binding. Its id can be computed from the handle of a session, so a request that
 * sends it must not end it either, which would unbind the session.
 */
export function assertSessionRecord({ dataJson }: SessionRecord): void {
  if (deviceRecord.test(dataJson)) throw notFound()
}

/** A session as a request read it. */
export interface StoredSession {
  readonly record: SessionRecord
  readonly envelope: StoredEnvelope
  /** The stored data, as JSON text. */
  readonly dataText: string
  /** Cookie of the request that had the id. */
  readonly cookie: SessionCookie
}

export type SessionState = Pick<StoredSession, 'record' | 'envelope'>

/** User and times of a stored session. */
export interface TimedState {
  readonly record: Pick<SessionRecord, 'userId' | 'createdAtMs' | 'expiresAtMs'>
  readonly envelope: StoredEnvelope
}

/**
 * Returns the start of the absolute timeout, in milliseconds since 1970, on the store's clock. Returns undefined for a
 * session that another program created and that is not migrated yet: its store reports 0 as its creation time.
 */
export function beganAtMsOf({ record, envelope }: TimedState): number | undefined {
  if (envelope.beganAtMs !== 0) return envelope.beganAtMs
  return record.createdAtMs === 0 ? undefined : record.createdAtMs
}

/** Returns the times of a session, or undefined for a session of another program that is not migrated yet. */
export function storedLifeOf({ record, envelope }: TimedState): StoredLife | undefined {
  const beganAtMs = beganAtMsOf({ record, envelope })
  if (beganAtMs === undefined) return undefined
  const { createdAtMs, expiresAtMs } = record
  return { beganAtMs, isRemembered: envelope.isRemembered, createdAtMs, expiresAtMs, ttlMs: envelope.ttlMs }
}

/** Returns the time of the sign-in, or undefined if there was none, or another program signed the user in. */
export function authenticatedAtMsOf(state: TimedState): number | undefined {
  return state.record.userId === undefined || state.envelope.isAdopted ? undefined : beganAtMsOf(state)
}
