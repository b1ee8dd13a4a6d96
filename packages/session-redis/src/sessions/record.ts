import { SessionError, type SessionId, type SessionRecord, type SessionSummary } from '@bext/session-core'
import { maxUserIdBytes } from '@bext/session-core/store-helpers'

// The layout of a session's value in Redis:
//
//   expiresAt indexedUntil createdAt userId nonces \n dataJson
//
// - The three times are milliseconds of exactly 13 digits, so that scripts can read and replace them in place.
// - The last five digits of indexedUntil are the minute in which the index entry was written. No index lists an
//   anonymous session: its indexedUntil holds the nonce of its create (see write-nonce.ts).
// - The user id is JSON text, which contains no line feed. It is empty for an anonymous session.
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

/** Offset of the user id. */
export const userOffset: number = 3 * timeDigits

/** Number of last digits of `indexedUntil` that are the minute in which the index entry was written. */
export const entryMinuteDigits = 5
export const entryMinuteLimit: number = 10 ** entryMinuteDigits

/** Length of a nonce, see write-nonce.ts. */
export const nonceChars = 12
/** Bytes of a nonce in the record, with its `#` and its time. */
export const storedNonceBytes: number = '#'.length + nonceChars + timeDigits
/**
 * Largest number of nonces in a record. If a session is written more often within one deadline, the oldest are dropped.
 */
export const maxNonces = 16

/** Largest size of the header, with its line feed. JSON turns a byte of the user id into at most six. */
export const maxHeaderBytes: number = userOffset + 6 * maxUserIdBytes + '""\n'.length + maxNonces * storedNonceBytes

const times = new RegExp(String.raw`^\d{${userOffset}}`)
const header = new RegExp(String.raw`^\d{${userOffset}}("[^\n]*")?(?:#[\w-]{${nonceChars}}\d{${timeDigits}})*\n`)

/** Formats a user id as it is stored in the record and compared by scripts. Empty for an anonymous session. */
export function toUserText(userId: string | undefined): string {
  return userId === undefined ? '' : JSON.stringify(userId)
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

/** Returns the expiry in a value, in milliseconds of server time, or `NaN` if the value is not a session. */
export function expiryOf(value: string): number {
  return timeAt(0, value)
}

/** Returns the user in a value, given at least its header, or `undefined` if the value is not a session. */
export function userTextOf(value: string): string | undefined {
  const [head, userText = ''] = header.exec(value) ?? []
  return head === undefined ? undefined : userText
}

/** Returns how many bytes of a value `parseSummary` and `isOfUser` need. */
export function summaryBytes(userText: string): number {
  return userOffset + Buffer.byteLength(userText)
}

/** Returns whether the first bytes of a value belong to a session of that user. No user text is a prefix of another. */
export function isOfUser(userText: string, start: string): boolean {
  return times.test(start) && start.slice(userOffset) === userText
}

/** Returns the summary from the first bytes of a value, or `undefined` for a missing session or another user's. */
export function parseSummary(handle: string, userText: string, start: string): SessionSummary | undefined {
  if (start === '') return undefined
  if (!times.test(start)) throw corruptRecord()
  if (!isOfUser(userText, start)) return undefined
  return { handle, createdAtMs: timeAt(2, start), expiresAtMs: expiryOf(start) }
}
