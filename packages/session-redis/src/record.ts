import type { SessionId, SessionRecord, SessionSummary } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { maxUserIdBytes } from '@bext/session-core/store'

// The layout of a session's value in Redis:
//
//   expiresAt indexedUntil createdAt userId \n dataJson
//
// The three times are milliseconds of exactly 13 digits, so that scripts read and replace them where they are; for an
// anonymous session, which no index lists, indexedUntil is any number. The user id is JSON text, which holds no line
// feed, or nothing for an anonymous session. The data is as it was given.

export const timeDigits = 13

/** The time as it stands in the record. */
export function toTimeText(ms: number): string {
  return String(ms).padStart(timeDigits, '0')
}

/** Where the user id begins. */
export const userOffset: number = 3 * timeDigits

/** The most bytes up to and including the line feed: JSON takes at most six bytes for one of the user id. */
export const maxHeaderBytes: number = userOffset + 6 * maxUserIdBytes + '""\n'.length

const times = new RegExp(String.raw`^\d{${userOffset}}`)

/** The user as it stands in the record and as scripts compare it; the empty string for an anonymous session. */
export function toUserText(userId: string | undefined): string {
  return userId === undefined ? '' : JSON.stringify(userId)
}

export function corruptRecord(): SessionError {
  return new SessionError('corrupt', 'The value in Redis is not a session: something else has written to its key.')
}

function timeAt(index: number, value: string): number {
  return Number(value.slice(index * timeDigits, (index + 1) * timeDigits))
}

function parseUserText(text: string): string | undefined {
  if (text === '') return undefined
  try {
    const userId: unknown = JSON.parse(text)
    if (typeof userId === 'string') return userId
  } catch {
    // The parser's message quotes the value (contract E3).
  }
  throw corruptRecord()
}

/** The session that the value holds. Throws `Backend`, reason `corrupt`, if it holds none. */
export function parseRecord(id: SessionId, value: string): SessionRecord {
  const userText = userTextOf(value)
  if (userText === undefined) throw corruptRecord()
  return {
    id,
    userId: parseUserText(userText),
    dataJson: value.slice(userOffset + userText.length + 1),
    createdAtMs: timeAt(2, value),
    expiresAtMs: timeAt(0, value),
  }
}

/** The user as it stands in a value, of which at least the header is given; `undefined` if it is none of ours. */
export function userTextOf(value: string): string | undefined {
  const newline = value.indexOf('\n', userOffset)
  return newline === -1 || !times.test(value) ? undefined : value.slice(userOffset, newline)
}

/** How many bytes of a value `parseSummary` needs to tell whether the session is that user's. */
export function summaryBytes(userText: string): number {
  return userOffset + Buffer.byteLength(userText) + '\n'.length
}

/** The summary from the beginning of a value; `undefined` if there is no session, or it is another user's. */
export function parseSummary(handle: string, userText: string, start: string): SessionSummary | undefined {
  if (start === '') return undefined
  if (!times.test(start)) throw corruptRecord()
  if (start.slice(userOffset) !== `${userText}\n`) return undefined
  return { handle, createdAtMs: timeAt(2, start), expiresAtMs: timeAt(0, start) }
}
