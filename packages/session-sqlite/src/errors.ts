import { isSessionError, SessionError, type SessionErrorReason } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'

// The primary result codes of SQLite that the store distinguishes.
const names: Readonly<Record<number, string>> = {
  5: 'BUSY',
  6: 'LOCKED',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  26: 'NOTADB',
}

/**
 * Returns the name of an error's primary result code. node:sqlite has a number in `errcode`, Bun in `errno`, and
 * better-sqlite3 a name in `code`, such as `SQLITE_BUSY_RECOVERY`.
 */
function resultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const number: unknown = Reflect.get(error, 'errcode') ?? Reflect.get(error, 'errno')
  // The lowest byte is the primary code.
  if (typeof number === 'number') return names[number & 0xff]
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined
}

/** Returns true if another connection has the lock that the statement needs. The statement has done nothing then. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === 'BUSY' || code === 'LOCKED'
}

const damaged = ['corrupt', 'The database file is damaged, or is no SQLite database.'] as const
const unavailable = ['unavailable', 'The database file cannot be read or written.'] as const
const locked = ['timeout', 'Another connection kept the database locked; nothing was done.'] as const

const meanings: Readonly<Record<string, readonly [reason: SessionErrorReason, text: string]>> = {
  BUSY: locked,
  LOCKED: locked,
  FULL: ['full', 'The disk, or the database by its max_page_count, is full; nothing was done.'],
  READONLY: ['failed', 'The database is read-only for this process; nothing was done.'],
  CORRUPT: damaged,
  NOTADB: damaged,
  IOERR: unavailable,
  CANTOPEN: unavailable,
  PROTOCOL: unavailable,
}

/** Converts an error of the driver into a `Backend` error (contract E1, E3). Returns a `SessionError` unchanged. */
export function toSessionError(error: unknown): SessionError {
  if (isSessionError(error)) return error
  const missing = ['failed', 'The table of sessions is missing: call migrate(database) once.'] as const
  const isMissing = error instanceof Error && error.message.startsWith('no such table')
  const meaning = isMissing ? missing : meanings[resultCode(error) ?? '']
  if (meaning === undefined) return toBackendError(error)
  const [reason, text] = meaning
  return new SessionError(reason, `${text} See the cause.`, { cause: error })
}
