import { SessionError } from '@bext/session-core'
import { describeType } from '@bext/session-core/store-helpers'

/** A value as text, or SQL's null. */
export type SqlText = string | null

/** A query of postgres.js, as far as it is used here. */
export interface PgQuery {
  raw(): PgRawQuery
}

/** A query whose rows come raw. */
export type PgRawQuery = PromiseLike<RawRows> & {
  /** The connection that the query was sent on; null before that. */
  readonly state?: unknown
}

type RawRows = readonly (readonly (Buffer | null)[])[] & {
  /** The server process that has answered, as it was named when the connection was made. */
  readonly state?: { readonly pid: number } | undefined
}

/** What a store needs of a postgres.js client: any `postgres.Sql` fits, of several versions. */
export interface PgClient {
  unsafe(text: string, parameters?: SqlText[], options?: { prepare?: boolean | undefined }): PgQuery
}

/** A row as text, the way PostgreSQL sends it. */
export type TextRow = readonly SqlText[]

function toText(rows: RawRows): TextRow[] {
  return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))
}

// The type of PostgreSQL's text, by which all parameters go.
const textOid = 25

// What a serializer of text might take for something else, or tidy up.
const probes = ['', ' aZ\t"\'\\ ', '{ "b": 1.0, "a": "\\u0041" }', 'null', '10']

const alteredText =
  'the client has a type for text, among its types, that alters what it sends, so that sessions would not be stored as they are. Give the store a client without it.'

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** How a statement goes: `prepared` once for each connection, or `unprepared`, parsed by the server each time. */
export type StatementMode = 'prepared' | 'unprepared'

/** A failure of a statement that was never sent, with the driver's error as its cause. */
export class UnsentError extends Error {}

async function rowsOf(raw: PgRawQuery): Promise<RawRows> {
  try {
    return await raw
  } catch (cause) {
    throw raw.state === null ? new UnsentError('The statement was not sent.', { cause }) : cause
  }
}

/**
 * Runs one statement. Rows are taken raw, so that no type parser or transform of the user's client changes them.
 * Nothing is prepared where the client does not prepare at all: its own `prepare: false` wins.
 */
export async function query(
  sql: PgClient,
  text: string,
  parameters: SqlText[] = [],
  preparation: StatementMode = 'unprepared',
): Promise<TextRow[]> {
  return toText(await rowsOf(sql.unsafe(text, parameters, { prepare: preparation === 'prepared' }).raw()))
}

/**
 * When a connection breaks, postgres.js 3.4 may give a statement no answer as an empty one, or what was the answer to
 * another. By an answer that does not end with what was asked along nobody takes a session for gone, or for another one.
 */
export class MisroutedReplyError extends Error {
  readonly code = 'UNANSWERED'
}

let asked = 0

function nextTag(): string {
  asked = (asked + 1) % Number.MAX_SAFE_INTEGER
  return String(asked)
}

function stripTag(rows: readonly TextRow[], echo: string): TextRow[] {
  if (rows.length > 0 && rows.every((row) => row.at(-1) === echo)) return rows.map((row) => row.slice(0, -1))
  throw new MisroutedReplyError('The connection broke: postgres.js has given as an answer what the server has not.')
}

/** Runs one statement of a store, whose rows end with its last parameter: see `Echo`. */
export async function queryTagged(
  sql: PgClient,
  text: string,
  parameters: readonly SqlText[],
  preparation: StatementMode,
): Promise<TextRow[]> {
  const echo = nextTag()
  return stripTag(await query(sql, text, [...parameters, echo], preparation), echo)
}

export interface Surroundings {
  readonly preparation: StatementMode
  readonly clientEncoding: string
  /** Whether the client sends text as it is. */
  readonly keepsText: boolean
}

/**
 * Asks how statements go over the client's connections. A pooler names a process of its own making when a connection is
 * made, and may send each transaction to another server process, which does not know what was prepared in the last one.
 */
export async function readSurroundings(sql: PgClient): Promise<Surroundings> {
  const echo = nextTag()
  const columns = probes.map((_, position) => `$${position + 1}::text`).join(', ')
  const text = `select pg_backend_pid(), current_setting('client_encoding'), ${columns}, '${echo}'`
  const rows = await rowsOf(sql.unsafe(text, [...probes], { prepare: false }).raw())
  const [row = []] = stripTag(toText(rows), echo)
  const [pid, clientEncoding, ...answers] = row
  return {
    preparation: rows.state === undefined || pid === String(rows.state.pid) ? 'prepared' : 'unprepared',
    clientEncoding: String(clientEncoding),
    keepsText: probes.every((probe, position) => answers[position] === probe),
  }
}

/** Returns whether the server takes texts as postgres.js sends them, which is always in UTF-8. */
export function isFaithful(clientEncoding: string): boolean {
  return clientEncoding === 'UTF8' || clientEncoding === 'SQL_ASCII'
}

/**
 * How statements may go. Rejects with `Backend` for a client whose texts the server would alter, and with a `TypeError`
 * for one that alters them itself (contract R2).
 */
export async function detectStatementMode(sql: PgClient): Promise<StatementMode> {
  const { preparation, clientEncoding, keepsText } = await readSurroundings(sql)
  if (!keepsText) throw new TypeError(alteredText)
  if (isFaithful(clientEncoding)) return preparation
  const advice = 'take it out of the options of the client, of its role and of the database.'
  throw new SessionError('failed', `client_encoding is ${clientEncoding}, but postgres.js sends UTF-8: ${advice}`)
}

/** Throws a `TypeError` if `sql` lacks one of the methods. */
export function checkClient(factory: string, sql: unknown, ...methods: readonly (keyof PgClient)[]): void {
  if (typeof sql === 'function' && methods.every((name) => typeof Reflect.get(sql, name) === 'function')) return
  throw new TypeError(`${factory}: expected a client of postgres.js as sql, but it is ${describeType(sql)}.`)
}

/** Throws a `TypeError` if it can be seen in the client's options that it alters the text that it sends. */
export function checkTextType(factory: string, sql: PgClient): void {
  const options: unknown = Reflect.get(sql, 'options')
  const serializers: unknown = isObject(options) ? Reflect.get(options, 'serializers') : undefined
  const serialize: unknown = isObject(serializers) ? Reflect.get(serializers, textOid) : undefined
  if (typeof serialize !== 'function') return
  const isAltered = (probe: string): boolean => {
    try {
      return serialize(probe) !== probe
    } catch {
      return true
    }
  }
  if (probes.some(isAltered)) throw new TypeError(`${factory}: ${alteredText}`)
}
