import type { SessionRecord } from '@bext/session-core'
import { malformed, unsupportedVersion } from '../errors.js'

/** An opened session. */
export interface SealedSession extends Omit<SessionRecord, 'id'> {
  /** Identifies the session in all of its ids, for revocation. Undefined if it was created without revocation. */
  readonly familyId: string | undefined
}

/** The content of a token: a session whose data may be deflated. The token itself holds the expiry. */
export interface Payload extends Omit<SealedSession, 'dataJson' | 'expiresAtMs'> {
  /** `dataJson` unchanged (contract R2), or its deflated form in base64url. */
  readonly data: string
  readonly isDeflated: boolean
}

// The first character encodes version 1 and the sum of these flags: 0 to 7. Other characters are other versions.
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

/** Returns the text after its length, or nothing if it is undefined. */
function encodeText(text: string | undefined): string {
  return text === undefined ? '' : `${text.length}:${text}`
}

/**
 * Encodes the payload as short as possible, because each 16 bytes take 22 characters of a cookie. In order: the version
 * and its flags, the creation time as six characters of seven bits, the user id and the family id, each after its
 * length, and the data up to the end.
 */
export function encodePayload({ userId, createdAtMs, familyId, data, isDeflated }: Payload): string {
  const kind =
    (userId === undefined ? 0 : hasUser) +
    (familyId === undefined ? 0 : hasFamilyId) +
    (isDeflated ? isDeflatedData : 0)
  return `${kind}${encodeTime(createdAtMs)}${encodeText(userId)}${encodeText(familyId)}${data}`
}

/** Decodes the text that `encodePayload` returned. Throws `Invalid` for any other text. */
export function decodePayload(payloadText: string): Payload {
  const kind = payloadText.charCodeAt(0) - '0'.charCodeAt(0)
  if (!(kind >= 0 && kind < firstOfOtherVersions)) throw unsupportedVersion()
  let at = 1 + timeLength
  function takeText(flag: number): string | undefined {
    if ((kind & flag) === 0) return undefined
    const from = payloadText.indexOf(':', at) + 1
    const length = Number(payloadText.slice(at, from - 1))
    at = from + length
    // A length beyond the end leaves no data, and the check for data below rejects it.
    if (from === 0 || !(Number.isInteger(length) && from <= at)) throw malformed()
    return payloadText.slice(from, at)
  }
  const createdAtMs = decodeTime(payloadText.slice(1))
  const payload = {
    createdAtMs,
    userId: takeText(hasUser),
    familyId: takeText(hasFamilyId),
    isDeflated: (kind & isDeflatedData) !== 0,
  }
  if (at >= payloadText.length) throw malformed()
  return { ...payload, data: payloadText.slice(at) }
}
