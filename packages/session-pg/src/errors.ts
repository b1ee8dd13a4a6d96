import { isSessionError, SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'
import { UnsentError } from './client/client.js'
import { hiddenRows } from './sessions/outcomes.js'

// By these the server ends a connection: it shuts down, has crashed, or the connection was idle, or in a transaction, for
// too long.
const ended = ['57P01', '57P02', '57P05', '25P03', '25P04']

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
  '25006', // a server that takes no writes for now
  '53300', // too many connections
  '57P03', // the server is starting
  ...ended,
])

// A lock_timeout or statement_timeout of the user's own.
const timeout = new Set(['55P03', '57014'])

const preparedElsewhere =
  'A prepared statement is missing or there twice: connections go through a pooler that was not found out. Set prepare: false.'

/** Messages by the SQLSTATE that they explain. */
export type Explanations = Readonly<Record<string, string>>

const notOurs = 'The table was not made by migrate(sql): choose another name with the option table.'

const otherEncoding =
  'The database cannot hold a character of a session: its encoding and the client_encoding of the client must be UTF8.'

const explained: Explanations = {
  '42P01': 'The table does not exist: run migrate(sql), or the SQL of migrations(), with the same schema and table.',
  '3F000': 'The schema does not exist: create it, then run migrate(sql).',
  '42703': notOurs,
  '42804': notOurs,
  '42883': notOurs,
  '42P10': 'The primary key of the table is not the column id alone: make one of the column id.',
  '0A000': 'The server does not run this statement on the table: look for rules on it, and drop them.',
  '22P05': otherEncoding,
  '22021': otherEncoding,
  '26000': preparedElsewhere,
  '42P05': preparedElsewhere,
  '53100': 'The server has no room left on its disk: free some, for example by a sweep and a vacuum.',
  '42501':
    'The database role lacks a right: a store needs usage on the schema, and select, insert, update and delete on its table.',
  '3D000': 'The database does not exist: look at its name in the URL or in the options of the client.',
  '28000': 'The server refuses the log-in: look at the role, at TLS, and at pg_hba.conf of the server.',
  '28P01': 'The server refuses the log-in: look at the name of the role and at its password.',
  '25006':
    'The server takes no writes: it is a standby, or default_transaction_read_only is on. Connect to the primary, or set it off.',
  '53300': 'The server has no connection left: give the pools of clients a smaller max, or put a pooler before it.',
}

const noConnect =
  'The server refuses the connection: the database role needs connect on the database, and the right to each setting that the client asks for.'

function fieldOf(error: unknown, field: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined
}

/** The SQLSTATE or the driver's own code, where `error` has one. */
export function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code')
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
 * without it: bad data, a broken constraint, a limit, a policy, an exception that a trigger raised.
 */
export function isCallerFault(error: unknown): boolean {
  if (!isSessionError(error)) return false
  return /^(22|23|54|P0)/.test(codeOf(error.cause) ?? '') || isOfRowSecurity(error.cause)
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
  if (error instanceof UnsentError || isSessionError(error)) return false
  const code = codeOf(error)
  return !isSqlState(code) && !neverSent.has(code ?? '')
}

// By these a connection breaks that was there. The driver may give the error that has ended the last connection to the
// first statement of the next one.
const broken = new Set([...ended, 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'])

/** Whether the statement was not sent because a connection broke, so that it may be tried again. */
export function isUnsentByBreak(error: unknown): boolean {
  return error instanceof UnsentError && broken.has(codeOf(error.cause) ?? '')
}

// The names of the server's functions that refuse a row or a statement by row level security.
const rowSecurityRoutines = new Set<unknown>(['ExecWithCheckOptions', 'check_enable_rls'])

function isOfRowSecurity(error: unknown): boolean {
  return codeOf(error) === '42501' && rowSecurityRoutines.has(fieldOf(error, 'routine'))
}

function isFatal(error: unknown): boolean {
  return fieldOf(error, 'severity') === 'FATAL'
}

function reasonOf(error: unknown, code: string): 'unavailable' | 'timeout' | 'failed' {
  // By XX000 pgpool refuses a connection when it has no server.
  const hasNoServer = code === 'XX000' && isFatal(error)
  if (hasNoServer || unavailable.has(code) || code.startsWith('08')) return 'unavailable'
  return timeout.has(code) ? 'timeout' : 'failed'
}

function explain(error: unknown, code: string, explanations: Explanations): string | undefined {
  if (isOfRowSecurity(error)) return hiddenRows
  // The server ends a connection for want of a right only while it is being made.
  return code === '42501' && isFatal(error) ? noConnect : (explanations[code] ?? explained[code])
}

/**
 * Turns a failure of postgres.js into the `Backend` error that stores reject with (contract E1, E3). `explanations` come
 * before those of a store.
 */
export function toSessionError(error: unknown, explanations: Explanations = {}): SessionError {
  if (isSessionError(error)) return error
  const cause = error instanceof UnsentError ? error.cause : error
  const code = codeOf(cause) ?? ''
  const message = explain(cause, code, explanations)
  const reason = reasonOf(cause, code)
  return message === undefined ? toBackendError(cause, reason) : new SessionError(reason, message, { cause })
}
