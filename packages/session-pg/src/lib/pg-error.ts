import { SessionError } from '@bext/session-core'
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
  '53300', // too many connections
  '57P01', // the server is shutting down
  '57P02', // the server has crashed
  '57P03', // the server is starting
])

// A lock_timeout or statement_timeout of the user's own.
const timeout = new Set(['55P03', '57014'])

const explained: Readonly<Record<string, string>> = {
  '42P01': 'The table does not exist: run migrate(sql), or the SQL of schemaSql(), with the same schema and table.',
  '3F000': 'The schema does not exist: create it, then run migrate(sql).',
  '42703': 'The table was not made by migrate(sql): choose another name with the option table.',
  '42501': 'The database role lacks a right: a store needs select, insert, update and delete on its table.',
}

/** The SQLSTATE or the driver's own code, where `error` has one. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}

/** A failure of postgres.js as the `Backend` error that stores reject with (contract E1, E3). */
export function toPgError(error: unknown): SessionError {
  const code = codeOf(error) ?? ''
  const message = explained[code]
  if (message !== undefined) return new SessionError('failed', message, { cause: error })
  if (unavailable.has(code) || code.startsWith('08')) return toBackendError(error, 'unavailable')
  return toBackendError(error, timeout.has(code) ? 'timeout' : 'failed')
}
