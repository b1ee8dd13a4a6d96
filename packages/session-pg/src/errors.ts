import { isSessionError, SessionError } from '@bext/session-core'
import { toBackendError } from '@bext/session-core/store-helpers'
import { UnansweredError, UnsentError } from './client/adapter.js'
import { codeOf, fieldOf, isSqlState } from './error-codes.js'

// The server ends a connection: it is shutting down or has crashed, or the connection was idle, or in a transaction, for
// too long.
const endedByServer = ['57P01', '57P02', '57P05', '25P03', '25P04']

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
  'MISROUTED_REPLY',
  '25006', // the server accepts no writes at present
  '53300', // too many connections
  '57P03', // the server is starting
  ...endedByServer,
])

// The lock_timeout, statement_timeout or query_timeout that the user has set, or no free connection before the deadline.
const timeout = new Set(['55P03', '57014', 'QUERY_TIMEOUT'])

const preparedElsewhere =
  'A prepared statement is missing or exists twice, because an undetected pooler is in use. Connect to the server itself, or, with postgres.js, set prepare: false in the options of the client.'

/** Error messages by SQLSTATE. */
export type Explanations = Readonly<Record<string, string>>

const notOurs = 'The table was not created by migrate(client). Choose another name with the option table.'

const otherEncoding =
  'The database cannot store a character of the session. Its encoding and the client_encoding of the client must be UTF8.'

const explained: Explanations = {
  '42P01': 'The table does not exist. Run migrate(client), or the SQL of migrations(), with the same schema and table.',
  '3F000': 'The schema does not exist. Create it, then run migrate(client).',
  '42703': notOurs,
  '42804': notOurs,
  '42883': notOurs,
  '42P10': 'The primary key of the table must be the column id alone. Replace it with a primary key of the column id.',
  '0A000': 'The server does not run this statement on the table. If the table has rules, drop them.',
  '22P05': otherEncoding,
  '22021': otherEncoding,
  '26000': preparedElsewhere,
  '42P05': preparedElsewhere,
  '53100': 'The disk of the server is full. Free space, for example with a sweep and a vacuum.',
  '42501':
    'The database role lacks a right. A store needs usage on the schema, and select, insert, update and delete on its table.',
  '3D000': 'The database does not exist. Check its name in the URL or in the options of the client.',
  '28000': 'The server rejected the login. Check the role, the TLS settings, and pg_hba.conf of the server.',
  '28P01': 'The server rejected the login. Check the name of the role and its password.',
  '25006':
    'The server accepts no writes: it is a standby, or default_transaction_read_only is on. Connect to the primary, or turn that setting off.',
  '53300':
    'The server has no free connection. Reduce max in the options of clients, or put a pooler before the server.',
}

const connectionRejected =
  'The server rejected the connection. The database role needs connect on the database, and the right to each setting that the client requests.'

/** Message for calls that fail because row level security may hide sessions. */
export const rowSecurityMessage =
  'Row level security applies to the database role, so a session that is not found may still exist. Let the role see and change all rows: alter role … bypassrls, make it the owner of the table, or alter table … disable row level security.'

// Serialization failure and deadlock: the server asks for a retry.
const conflicts = new Set(['40001', '40P01'])

/** Returns true if the server rolled the statement back because of a concurrent one, so that it can be retried. */
export function isConflict(error: unknown): boolean {
  return conflicts.has(codeOf(error) ?? '')
}

/**
 * Returns true if the server rejected the statement because of one call's data, so that the other calls of the batch can
 * be retried without it. Examples are a bad value, a constraint, a limit, a policy, or an exception of a trigger.
 */
export function isCallerFault(error: unknown): boolean {
  if (!isSessionError(error)) return false
  return /^(22|23|54|P0)/.test(codeOf(error.cause) ?? '') || isRowSecurityError(error.cause)
}

// No connection was opened.
const neverSent = new Set([
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
])

/** Returns true if the server may have received the failed statement without replying to it. */
export function mayHaveBeenSent(error: unknown): boolean {
  if (error instanceof UnsentError || isSessionError(error)) return false
  if (error instanceof UnansweredError) return true
  const code = codeOf(error)
  return !isSqlState(code) && !neverSent.has(code ?? '')
}

// An open connection broke. The driver may reject the first statement of the next connection with this error.
const brokenConnection = new Set([...endedByServer, 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'])

/** Returns true if the statement was not sent because a connection broke, so that it can be retried. */
export function isUnsentByBreak(error: unknown): boolean {
  return error instanceof UnsentError && brokenConnection.has(error.code ?? codeOf(error.cause) ?? '')
}

// The functions of the server that enforce row level security, as errors name them.
const rowSecurityRoutines = new Set<unknown>(['ExecWithCheckOptions', 'check_enable_rls'])

function isRowSecurityError(error: unknown): boolean {
  return codeOf(error) === '42501' && rowSecurityRoutines.has(fieldOf(error, 'routine'))
}

function isFatal(error: unknown): boolean {
  return fieldOf(error, 'severity') === 'FATAL'
}

function reasonOf(error: unknown, code: string): 'unavailable' | 'timeout' | 'failed' {
  // pgpool rejects connections with XX000 when it has no server.
  const poolerHasNoServer = code === 'XX000' && isFatal(error)
  if (poolerHasNoServer || unavailable.has(code) || code.startsWith('08')) return 'unavailable'
  return timeout.has(code) ? 'timeout' : 'failed'
}

function explain(error: unknown, code: string, explanations: Explanations): string | undefined {
  if (isRowSecurityError(error)) return rowSecurityMessage
  // A missing right is fatal only while a connection is being opened.
  return code === '42501' && isFatal(error) ? connectionRejected : (explanations[code] ?? explained[code])
}

/**
 * Converts an error of the driver to a `Backend` error (contract E1, E3). Returns a `SessionError` unchanged.
 * `explanations` take precedence over the messages for stores.
 */
export function toSessionError(error: unknown, explanations: Explanations = {}): SessionError {
  if (isSessionError(error)) return error
  const cause = error instanceof UnansweredError ? error.cause : error
  const code = codeOf(error) ?? codeOf(cause) ?? ''
  const message = explain(cause, code, explanations)
  const reason = reasonOf(cause, code)
  return message === undefined ? toBackendError(cause, reason) : new SessionError(reason, message, { cause })
}

/**
 * Outcome of a write.
 * - `missing`: the session does not exist or has expired.
 * - `hidden`: row level security may hide the session from the role.
 * - `refused`: a trigger kept the server from writing the row.
 */
export type Outcome = 'done' | 'missing' | 'hidden' | 'refused'

const refusedMessage =
  'The server did not write the row and reported no error, because a trigger of the table returns null. Drop the trigger, or change it to return the row.'

/** Throws `Backend` for the outcomes that must not be reported as `NotFound` or as done (contract E4). */
export function checkOutcome(outcome: string): void {
  if (outcome === 'hidden') throw new SessionError('failed', rowSecurityMessage)
  if (outcome === 'refused') throw new SessionError('failed', refusedMessage)
}
