import { isSessionError, SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store'

const unavailable = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UNANSWERED',
  '25006', // a standby, which takes no writes
  '53300', // too many connections
  '57P01', // the server is shutting down
  '57P02', // the server has crashed
  '57P03', // the server is starting
])

// A lock_timeout or statement_timeout of the user's own.
const timeout = new Set(['55P03', '57014'])

const preparedElsewhere =
  'A prepared statement is missing or there twice: connections go through a pooler that was not found out. Set prepare: false.'

const explained: Readonly<Record<string, string>> = {
  '42P01': 'The table does not exist: run migrate(sql), or the SQL of migrations(), with the same schema and table.',
  '3F000': 'The schema does not exist: create it, then run migrate(sql).',
  '42703': 'The table was not made by migrate(sql): choose another name with the option table.',
  '26000': preparedElsewhere,
  '42P05': preparedElsewhere,
  '53100': 'The server has no room left on its disk: free some, for example by a sweep and a vacuum.',
  '42501': 'The database role lacks a right: a store needs select, insert, update and delete on its table.',
}

/** The SQLSTATE or the driver's own code, where `error` has one. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}

/** Whether it is the server's answer; the driver's own codes, such as EPIPE, hold no digit. */
export function isSqlState(code: string | undefined): code is string {
  return code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
}

// The server asks for another try: a serialization failure, a deadlock.
const conflicts = new Set(['40001', '40P01'])

/** Whether the server has undone the statement because of another one, so that it may be tried again. */
export function isConflict(error: unknown): boolean {
  return conflicts.has(codeOf(error) ?? '')
}

/**
 * Whether the server has refused a statement for what one call of a batch brought along, so that the others may do
 * without it: bad data, a broken constraint, a limit, an exception that a trigger raised.
 */
export function isOfOneCall(error: unknown): boolean {
  return isSessionError(error) && /^(22|23|54|P0)/.test(codeOf(error.cause) ?? '')
}

// There was never a connection.
const neverSent = new Set([
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
])

/** Whether a statement that failed so may be with the server, who has not answered it. */
export function mayHaveBeenSent(error: unknown): boolean {
  const code = isSessionError(error) ? codeOf(error.cause) : undefined
  return isSessionError(error) && error.reason !== 'closed' && !isSqlState(code) && !neverSent.has(code ?? '')
}

/** A failure of postgres.js as the `Backend` error that stores reject with (contract E1, E3). */
export function toPgError(error: unknown): SessionError {
  if (isSessionError(error)) return error
  const code = codeOf(error) ?? ''
  const message = explained[code]
  if (message !== undefined) return new SessionError('failed', message, { cause: error })
  if (unavailable.has(code) || code.startsWith('08')) return toBackendError(error, 'unavailable')
  return toBackendError(error, timeout.has(code) ? 'timeout' : 'failed')
}
