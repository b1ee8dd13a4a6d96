import type { SessionRecord } from '@bext/session-core'
import { malformed, unsupported } from '../errors.js'

/** A session as it is opened. */
export interface SealedSession extends Omit<SessionRecord, 'id'> {
  /** Names the session through all ids that it ever has, for revocation; undefined if it was begun without. */
  readonly familyId: string | undefined
}

/** What a token holds within its seal: a session whose data may be deflated. Its expiry stands in the token. */
export interface Payload extends Omit<SealedSession, 'dataJson' | 'expiresAtMs'> {
  /** JSON text as it is (contract R2), or base64url of it deflated. */
  readonly data: string
  readonly isDeflated: boolean
}

// The first character is version 1 with the sum of what it has; any other than 0 to 7 is of a version to come.
const hasUser = 1
const hasFamilyId = 2
const isDeflatedData = 4
const firstOfOtherVersions = 8

const timeBase = 128
const timePlaces = [5, 4, 3, 2, 1, 0].map((power) => timeBase ** power)
const timeLength = timePlaces.length

function encodeTime(timeMs: number): string {
  if (!(timeMs < timeBase ** timeLength)) throw new RangeError('createdAtMs is past the year 2109.')
  return String.fromCharCode(...timePlaces.map((place) => Math.floor(timeMs / place) % timeBase))
}

function decodeTime(text: string): number {
  return timePlaces.reduce((timeMs, place, at) => timeMs + place * text.charCodeAt(at), 0)
}

/** The text behind its length; nothing where there is none. */
function encodeText(text: string | undefined): string {
  return text === undefined ? '' : `${text.length}:${text}`
}

/**
 * The payload as text, as short as can be, for each 16 bytes are 22 characters of a cookie: what there is, the creation
 * time as six characters of seven bits, user and familyId each behind its length, and the data up to the end.
 */
export function encodePayload({ userId, createdAtMs, familyId, data, isDeflated }: Payload): string {
  const kind =
    (userId === undefined ? 0 : hasUser) +
    (familyId === undefined ? 0 : hasFamilyId) +
    (isDeflated ? isDeflatedData : 0)
  return `${kind}${encodeTime(createdAtMs)}${encodeText(userId)}${encodeText(familyId)}${data}`
}

/** The payload in a text that `encodePayload` made. Throws `Invalid` for any other. */
export function decodePayload(text: string): Payload {
  const kind = text.charCodeAt(0) - '0'.charCodeAt(0)
  if (!(kind >= 0 && kind < firstOfOtherVersions)) throw unsupported()
  let at = 1 + timeLength
  function takeText(flag: number): string | undefined {
    if ((kind & flag) === 0) return undefined
    const from = text.indexOf(':', at) + 1
    const length = Number(text.slice(at, from - 1))
    at = from + length
    // A length beyond the end leaves no data, which is refused below.
    if (from === 0 || !(Number.isInteger(length) && from <= at)) throw malformed()
    return text.slice(from, at)
  }
  const createdAtMs = decodeTime(text.slice(1))
  const payload = {
    createdAtMs,
    userId: takeText(hasUser),
    familyId: takeText(hasFamilyId),
    isDeflated: (kind & isDeflatedData) !== 0,
  }
  if (at >= text.length) throw malformed()
  return { ...payload, data: text.slice(at) }
}
