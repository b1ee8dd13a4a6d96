import {
  SessionError,
  type SessionId,
  type SessionRecord,
  type SessionSummary,
  type UserRecord,
} from '@bext/session-core'
import { checkExpectedDataJson, maxUserIdBytes } from '@bext/session-core/store-helpers'

// The layout of a session's value in Redis:
//
//   expiresAt indexedUntil createdAt owner nonces \n dataJson
//
// - The three times are milliseconds of exactly 13 digits, so that scripts can read and replace them in place.
// - The last five digits of indexedUntil are the minute in which the index entry was written. No index lists an
//   anonymous session: its indexedUntil holds the nonce of its create (see write-nonce.ts).
// - The owner is the user id as JSON text, which contains no line feed, and the mark of the session's index entry, if it
//   has one. A mark is `@` and twelve characters. The owner is empty for an anonymous session.
// - The nonces, of which there may be none, belong to the latest writes of data. Each is `#`, twelve characters, and the
//   server time from which the server rejects that write.
// - The data is stored exactly as it was given.

export const timeDigits = 13

/** Formats a time as it is stored in the record. */
export function toTimeText(ms: number): string {
  return String(ms).padStart(timeDigits, '0')
}

/** The expiry in what a delete keeps for a moment, see `deleteScript`. */
export const endedText: string = toTimeText(0)

/** Offset of the owner. */
export const ownerOffset: number = 3 * timeDigits

/** Number of last digits of `indexedUntil` that are the minute in which the index entry was written. */
export const entryMinuteDigits = 5
export const entryMinuteLimit: number = 10 ** entryMinuteDigits

/** Length of a nonce, see write-nonce.ts. */
export const nonceChars = 12
/** Length of the mark of an index entry. */
export const markChars: number = '@'.length + nonceChars
/** Bytes of a nonce in the record, with its `#` and its time. */
export const storedNonceBytes: number = '#'.length + nonceChars + timeDigits
/**
 * Largest number of nonces in a record. If a session is written more often within one deadline, the oldest are dropped.
 */
export const maxNonces = 16

/** Largest size of the header, with its line feed. JSON turns a byte of the user id into at most six. */
export const maxHeaderBytes: number =
  ownerOffset + 6 * maxUserIdBytes + '""\n'.length + markChars + maxNonces * storedNonceBytes

const times = new RegExp(String.raw`^\d{${ownerOffset}}`)
const mark = new RegExp(String.raw`^@[\w-]{${nonceChars}}`)
const header = new RegExp(
  String.raw`^\d{${ownerOffset}}(("[^\n]*")(?:@[\w-]{${nonceChars}})?)?(?:#[\w-]{${nonceChars}}\d{${timeDigits}})*\n`,
)

/** Formats a user id as it is stored in the record and compared by scripts. Empty for an anonymous session. */
export function toUserText(userId: string | undefined): string {
  return userId === undefined ? '' : JSON.stringify(userId)
}

/** A user, and the mark of the index entry of one of their sessions. The mark is empty for a session without one. */
export interface Owner {
  readonly userText: string
  readonly mark: string
}

/** A session, and its owner as it is in the record. */
export interface OwnedSession {
  readonly hash: string
  readonly ownerText: string
}

/** Parses the text of an owner. */
export function parseOwner(text: string): Owner {
  const end = text.lastIndexOf('"') + 1
  return { userText: text.slice(0, end), mark: text.slice(end) }
}

/** Creates the error of a value that is not a session. */
export function corruptRecord(): SessionError {
  return new SessionError(
    'corrupt',
    'The value in Redis is not a session. Another program has written to its key: use a different prefix.',
  )
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
    // Drop the parser's error, because its message quotes the value (contract E3).
  }
  throw corruptRecord()
}

/** Parses the value of a session. Throws `Backend`, reason `corrupt`, if it is not a session. */
export function parseRecord(id: SessionId, value: string): SessionRecord {
  const [head, , userText = ''] = header.exec(value) ?? []
  if (head === undefined) throw corruptRecord()
  return {
    id,
    userId: parseUserText(userText),
    dataJson: value.slice(head.length),
    createdAtMs: timeAt(2, value),
    expiresAtMs: expiryOf(value),
  }
}

/** Returns the expiry in a value, in milliseconds of server time, or `NaN` if the value is not a session. */
export function expiryOf(value: string): number {
  return timeAt(0, value)
}

/** Returns the owner in a value, given at least its header, or `undefined` if the value is not a session. */
export function ownerTextOf(value: string): string | undefined {
  const [head, ownerText = ''] = header.exec(value) ?? []
  return head === undefined ? undefined : ownerText
}

/** Returns how many bytes of a value `parseSummary` and `ownerTextIfOfUser` need. */
export function summaryBytes(userText: string): number {
  return ownerOffset + Buffer.byteLength(userText) + markChars
}

/**
 * Returns the owner from the first bytes of a value, or `undefined` for a missing session or another user's. No user text
 * is a prefix of another.
 */
export function ownerTextIfOfUser(userText: string, start: string): string | undefined {
  if (!times.test(start) || !start.startsWith(userText, ownerOffset)) return undefined
  const [ownMark = ''] = mark.exec(start.slice(ownerOffset + userText.length)) ?? []
  return userText + ownMark
}

/** Returns the summary from the first bytes of a value, or `undefined` for a missing session or another user's. */
export function parseSummary(handle: string, userText: string, start: string): SessionSummary | undefined {
  if (start === '') return undefined
  if (!times.test(start)) throw corruptRecord()
  if (ownerTextIfOfUser(userText, start) === undefined) return undefined
  return { handle, createdAtMs: timeAt(2, start), expiresAtMs: expiryOf(start) }
}

/** Returns the data to compare with. Stored data is not empty, so '' never matches it. Throws `Invalid` if it is not a string. */
export function toComparable(expectedDataJson: unknown): string {
  return checkExpectedDataJson(expectedDataJson) ?? ''
}

/** Returns the record from a whole value, or `undefined` for a missing session or another user's. */
export function parseUserRecord(handle: string, userText: string, value: string): UserRecord | undefined {
  const summary = parseSummary(handle, userText, value)
  const [head] = header.exec(value) ?? []
  if (summary === undefined) return undefined
  if (head === undefined) throw corruptRecord()
  return { ...summary, dataJson: value.slice(head.length) }
}
