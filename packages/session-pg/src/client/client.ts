import { SessionError } from '@bext/session-core'
import { describeType } from '@bext/session-core/store-helpers'

/** A value as text, or SQL's `null`. */
export type SqlText = string | null

/** The part of a query of postgres.js that the store uses. */
export interface PgQuery {
  raw(): PgRawQuery
}

/** A query that resolves to rows of undecoded values. */
export type PgRawQuery = PromiseLike<RawRows> & {
  /** The connection that the query was sent on; `null` until it is sent. */
  readonly state?: unknown
}

type RawRows = readonly (readonly (Buffer | null)[])[] & {
  /** The server process that was named when the connection was opened. */
  readonly state?: { readonly pid: number } | undefined
}

/** The part of a client of postgres.js that a store needs. Any `postgres.Sql` fits, whatever its version. */
export interface PgClient {
  unsafe(text: string, parameters?: SqlText[], options?: { prepare?: boolean | undefined }): PgQuery
}

/** A row of texts, as PostgreSQL sends them. */
export type TextRow = readonly SqlText[]

function toText(rows: RawRows): TextRow[] {
  return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))
}

// The type id of PostgreSQL's text: the store sends all parameters as text.
const textOid = 25

// Texts that a custom serializer might convert or normalize.
const probes = ['', ' aZ\t"\'\\ ', '{ "b": 1.0, "a": "\\u0041" }', 'null', '10']

const alteredText = 'the option types of the client has a type for text that alters sessions. Pass a client without it.'

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The mode of a statement: `prepared` once per connection, or `unprepared`, which the server parses each time. */
export type StatementMode = 'prepared' | 'unprepared'

/** Thrown for a statement that was never sent. Its cause is the driver's error. */
export class UnsentError extends Error {}

async function rowsOf(raw: PgRawQuery): Promise<RawRows> {
  try {
    return await raw
  } catch (cause) {
    throw raw.state === null ? new UnsentError('The statement was not sent.', { cause }) : cause
  }
}

/**
 * Runs one statement. Reads undecoded rows, so that type parsers and transforms of the user's client do not change them.
 * If the client has the option `prepare: false`, the statement is not prepared in either mode.
 */
export async function query(
  sql: PgClient,
  text: string,
  parameters: SqlText[] = [],
  mode: StatementMode = 'unprepared',
): Promise<TextRow[]> {
  return toText(await rowsOf(sql.unsafe(text, parameters, { prepare: mode === 'prepared' }).raw()))
}

/**
 * Thrown for a reply that lacks the tag of its statement. When a connection breaks, postgres.js 3.4 may resolve a query
 * with no rows, or with another query's rows. The tag at the end of each row detects this, so that such a reply is never
 * mistaken for a missing or different session.
 */
export class MisroutedReplyError extends Error {
  readonly code = 'MISROUTED_REPLY'
}

let lastTag = 0

function nextTag(): string {
  lastTag = (lastTag + 1) % Number.MAX_SAFE_INTEGER
  return String(lastTag)
}

function stripTag(rows: readonly TextRow[], tag: string): TextRow[] {
  if (rows.length > 0 && rows.every((row) => row.at(-1) === tag)) return rows.map((row) => row.slice(0, -1))
  throw new MisroutedReplyError('The connection broke: postgres.js returned a wrong reply. Try again.')
}

/** Runs one statement of a store, whose rows end with its last parameter: see `CorrelationTag`. */
export async function queryTagged(
  sql: PgClient,
  text: string,
  parameters: readonly SqlText[],
  mode: StatementMode,
): Promise<TextRow[]> {
  const tag = nextTag()
  return stripTag(await query(sql, text, [...parameters, tag], mode), tag)
}

/** Properties of a client's connections. */
export interface ConnectionTraits {
  readonly statementMode: StatementMode
  readonly clientEncoding: string
  /** True if the client sends text unchanged. */
  readonly keepsText: boolean
}

/**
 * Asks the server about the client's connections. A pooler may run each transaction in a different server process, which
 * does not have the statements prepared earlier. It is detected by its process id: the id that it named when the
 * connection was opened is not the id of the process that replies.
 */
export async function readConnectionTraits(sql: PgClient): Promise<ConnectionTraits> {
  const tag = nextTag()
  const columns = probes.map((_, position) => `$${position + 1}::text`).join(', ')
  const text = `select pg_backend_pid(), current_setting('client_encoding'), ${columns}, '${tag}'`
  const rows = await rowsOf(sql.unsafe(text, [...probes], { prepare: false }).raw())
  const [row = []] = stripTag(toText(rows), tag)
  const [pid, clientEncoding, ...answers] = row
  return {
    statementMode: rows.state === undefined || pid === String(rows.state.pid) ? 'prepared' : 'unprepared',
    clientEncoding: String(clientEncoding),
    keepsText: probes.every((probe, position) => answers[position] === probe),
  }
}

/** Returns true if the server reads text as UTF-8, which postgres.js always sends, or stores the bytes unchanged. */
export function acceptsUtf8(clientEncoding: string): boolean {
  return clientEncoding === 'UTF8' || clientEncoding === 'SQL_ASCII'
}

/**
 * Resolves to the mode in which statements can be sent. Rejects with `Backend` if the server would alter the client's
 * text, and with a `TypeError` if the client alters it (contract R2).
 */
export async function detectStatementMode(sql: PgClient): Promise<StatementMode> {
  const { statementMode, clientEncoding, keepsText } = await readConnectionTraits(sql)
  if (!keepsText) throw new TypeError(alteredText)
  if (acceptsUtf8(clientEncoding)) return statementMode
  const advice = 'Remove this setting from the options of the client, from its role and from the database.'
  throw new SessionError('failed', `client_encoding is ${clientEncoding}, but postgres.js sends UTF-8. ${advice}`)
}

/** Throws a `TypeError` if `sql` is not a client with these methods. */
export function checkClient(factory: string, sql: unknown, ...methods: readonly (keyof PgClient)[]): void {
  if (typeof sql === 'function' && methods.every((name) => typeof Reflect.get(sql, name) === 'function')) return
  throw new TypeError(`${factory}: expected a client of postgres.js, but it is ${describeType(sql)}.`)
}

/** Throws a `TypeError` if the options of the client show that it alters the text that it sends (contract R2). */
export function checkTextType(factory: string, sql: PgClient): void {
  const options: unknown = Reflect.get(sql, 'options')
  const serializers: unknown = isObject(options) ? Reflect.get(options, 'serializers') : undefined
  const serialize: unknown = isObject(serializers) ? Reflect.get(serializers, textOid) : undefined
  if (typeof serialize !== 'function') return
  const alters = (probe: string): boolean => {
    try {
      return serialize(probe) !== probe
    } catch {
      return true
    }
  }
  if (probes.some(alters)) throw new TypeError(`${factory}: ${alteredText}`)
}
