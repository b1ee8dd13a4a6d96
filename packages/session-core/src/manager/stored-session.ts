import { SessionError } from '../contract/errors.js'
import { InvalidData } from './commit-error.js'

/** What the manager keeps beside the data, where there is any of it. */
export interface StoredEnvelope {
  readonly isRemembered: boolean
  /** Whether a rotation put another id in this one's place, and left it a grace. */
  readonly isReplaced: boolean
  /** When the session began, in milliseconds since 1970, on the store's clock; 0: when its record was created. */
  readonly beganAtMs: number
  /** The idle timeout that the session had when its data was stored with a touch or a creation, in milliseconds. */
  readonly ttlMs: number
}

export interface Unpacked extends StoredEnvelope {
  readonly data: object
  /** The data as JSON text. */
  readonly dataText: string
}

/** The idle timeout of a record that names none. What is stored depends on it, so it never changes. */
export const impliedTtlMs = 1_800_000

const version = 1
const rememberedFlag = 1
const replacedFlag = 2

/**
 * What is stored as `dataJson`: the data as it is, an object, where there is nothing beside it; else
 * `[1, flags, beganAtMs, data]`, or `[1, flags, beganAtMs, data, ttlMs]` with an idle timeout other than the implied
 * one, so that a sealed cookie pays only for what it has.
 */
export function encodeStoredSession(
  dataText: string,
  { isRemembered, isReplaced, beganAtMs, ttlMs }: StoredEnvelope,
): string {
  const flags = (isRemembered ? rememberedFlag : 0) + (isReplaced ? replacedFlag : 0)
  const isImplied = ttlMs === impliedTtlMs
  if (flags === 0 && beganAtMs === 0 && isImplied && dataText.startsWith('{')) return dataText
  return `${header(flags, beganAtMs)}${dataText}${isImplied ? '' : `,${ttlMs}`}]`
}

function header(flags: number, beganAtMs: number): string {
  return `[${version},${flags},${beganAtMs},`
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
 * Throws `InvalidData` for what is no object or array; `Invalid` for an array that no manager of this version packed:
 * reason `unsupported_version` or `malformed`.
 */
export function decodeStoredSession(dataJson: string): Unpacked {
  const parsed = parse(dataJson)
  if (!Array.isArray(parsed)) {
    const envelope = { isRemembered: false, isReplaced: false, beganAtMs: 0, ttlMs: impliedTtlMs }
    return { ...envelope, data: parsed, dataText: dataJson }
  }
  const [packedBy, flags, beganAtMs, data, ttlMs = impliedTtlMs] = parsed as unknown[]
  if (packedBy !== version) {
    throw new SessionError('unsupported_version', 'The session was stored by a version of the manager unknown to this.')
  }
  const isFlagged = isWhole(flags, rememberedFlag + replacedFlag)
  const isTimed = isWhole(beganAtMs, Number.MAX_SAFE_INTEGER) && isWhole(ttlMs, Number.MAX_SAFE_INTEGER) && ttlMs > 0
  if (parsed.length < 4 || parsed.length > 5 || !isFlagged || !isTimed || typeof data !== 'object' || data === null) {
    throw new SessionError('malformed', 'The stored session is not what the manager stores.')
  }
  const start = header(flags, beganAtMs)
  const end = parsed.length === 5 ? `,${ttlMs}]` : ']'
  // A store that keeps parsed JSON may spell it anew (contract R2).
  const isOurSpelling = dataJson.startsWith(start) && dataJson.endsWith(end)
  return {
    isRemembered: (flags & rememberedFlag) !== 0,
    isReplaced: (flags & replacedFlag) !== 0,
    beganAtMs,
    ttlMs,
    data,
    dataText: isOurSpelling ? dataJson.slice(start.length, -end.length) : JSON.stringify(data),
  }
}
