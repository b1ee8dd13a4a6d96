import type { SessionId, SessionRecord, SessionSummary } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { maxUserIdBytes } from '@bext/session-core/store-helpers'

// The layout of a session's value in Redis:
//
//   expiresAt indexedUntil createdAt userId marks \n dataJson
//
// The three times are milliseconds of exactly 13 digits, so that scripts read and replace them where they are. The last
// five digits of indexedUntil are the minute in which the index entry was written; for an anonymous session, which no
// index lists, indexedUntil is any number. The user id is JSON text, which holds no line feed, or nothing for an
// anonymous session. The marks, of which there may be none, are of the latest writes: `#`, twelve characters, and the
// time of the server from which on it refuses that write. The data is as it was given.

export const timeDigits = 13

/** The time as it stands in the record. */
export function toTimeText(ms: number): string {
  return String(ms).padStart(timeDigits, '0')
}

/** Where the user id begins. */
export const userOffset: number = 3 * timeDigits

/** How many digits of `indexedUntil` are the minute of its entry. */
export const stampDigits = 5
export const stampLimit: number = 10 ** stampDigits

/** What tells a write from all others that may be delivered again at the same time. */
export const markIdChars = 12
export const markBytes: number = '#'.length + markIdChars + timeDigits
/** The most marks of a record: of more writes of one session within one deadline the oldest are forgotten. */
export const maxMarks = 16

/** The most bytes up to and including the line feed: JSON takes at most six bytes for one of the user id. */
export const maxHeaderBytes: number = userOffset + 6 * maxUserIdBytes + '""\n'.length + maxMarks * markBytes

const times = new RegExp(String.raw`^\d{${userOffset}}`)
const header = new RegExp(String.raw`^\d{${userOffset}}("[^\n]*")?(?:#[\w-]{${markIdChars}}\d{${timeDigits}})*\n`)

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
  const [head, userText = ''] = header.exec(value) ?? []
  if (head === undefined) throw corruptRecord()
  return {
    id,
    userId: parseUserText(userText),
    dataJson: value.slice(head.length),
    createdAtMs: timeAt(2, value),
    expiresAtMs: expiryOf(value),
  }
}

/** When the session that the value holds expires, in milliseconds of the server; `NaN` if it holds none. */
export function expiryOf(value: string): number {
  return timeAt(0, value)
}

/** The user as it stands in a value, of which at least the header is given; `undefined` if it is none of ours. */
export function userTextOf(value: string): string | undefined {
  const [head, userText = ''] = header.exec(value) ?? []
  return head === undefined ? undefined : userText
}

/** How many bytes of a value `parseSummary` needs to tell whether the session is that user's. */
export function summaryBytes(userText: string): number {
  return userOffset + Buffer.byteLength(userText)
}

/** Whether the first bytes of a value are of a session of that user. No user's text is the beginning of another's. */
export function isOfUser(userText: string, start: string): boolean {
  return times.test(start) && start.slice(userOffset) === userText
}

/** The summary from the beginning of a value; `undefined` if there is no session, or it is another user's. */
export function parseSummary(handle: string, userText: string, start: string): SessionSummary | undefined {
  if (start === '') return undefined
  if (!times.test(start)) throw corruptRecord()
  if (!isOfUser(userText, start)) return undefined
  return { handle, createdAtMs: timeAt(2, start), expiresAtMs: expiryOf(start) }
}
