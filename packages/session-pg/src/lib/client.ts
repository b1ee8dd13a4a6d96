import { SessionError } from '@bext/session-core'
import { describeType } from '@bext/session-core/store'

/** A value as text, or SQL's null. */
export type SqlText = string | null

/** A query of postgres.js, as far as it is used here. */
export interface PgQuery {
  raw(): PromiseLike<RawRows>
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

/** How a statement goes: `prepared` once for each connection, or `unprepared`, parsed by the server each time. */
export type Preparation = 'prepared' | 'unprepared'

/**
 * Runs one statement. Rows are taken raw, so that no type parser or transform of the user's client changes them.
 * Nothing is prepared where the client does not prepare at all: its own `prepare: false` wins.
 */
export async function query(
  sql: PgClient,
  text: string,
  parameters: SqlText[] = [],
  preparation: Preparation = 'unprepared',
): Promise<TextRow[]> {
  return toText(await sql.unsafe(text, parameters, { prepare: preparation === 'prepared' }).raw())
}

/**
 * When a connection breaks, postgres.js 3.4 may give a statement no answer as an empty one, or what was the answer to
 * another. By an answer that does not end with what was asked along nobody takes a session for gone, or for another one.
 */
export class UnansweredError extends Error {
  readonly code = 'UNANSWERED'
}

let asked = 0

function nextEcho(): string {
  asked = (asked + 1) % Number.MAX_SAFE_INTEGER
  return String(asked)
}

function withoutEcho(rows: readonly TextRow[], echo: string): TextRow[] {
  if (rows.length > 0 && rows.every((row) => row.at(-1) === echo)) return rows.map((row) => row.slice(0, -1))
  throw new UnansweredError('The connection broke: postgres.js has given as an answer what the server has not.')
}

/** Runs one statement of a store, whose rows end with its last parameter: see `Echo`. */
export async function ask(
  sql: PgClient,
  text: string,
  parameters: readonly SqlText[],
  preparation: Preparation,
): Promise<TextRow[]> {
  const echo = nextEcho()
  return withoutEcho(await query(sql, text, [...parameters, echo], preparation), echo)
}

export interface Surroundings {
  readonly preparation: Preparation
  readonly clientEncoding: string
}

/**
 * Asks how statements go over the client's connections. A pooler names a process of its own making when a connection is
 * made, and may send each transaction to another server process, which does not know what was prepared in the last one.
 */
export async function readSurroundings(sql: PgClient): Promise<Surroundings> {
  const echo = nextEcho()
  const rows = await sql.unsafe(`select pg_backend_pid(), current_setting('client_encoding'), '${echo}'`).raw()
  const [row] = withoutEcho(toText(rows), echo)
  const isDirect = rows.state === undefined || row?.[0] === String(rows.state.pid)
  return { preparation: isDirect ? 'prepared' : 'unprepared', clientEncoding: String(row?.[1]) }
}

/** Returns whether the server takes texts as postgres.js sends them, which is always in UTF-8. */
export function isFaithful(clientEncoding: string): boolean {
  return clientEncoding === 'UTF8' || clientEncoding === 'SQL_ASCII'
}

/** How statements may go. Rejects with `Backend` for a client whose texts the server would alter (contract R2). */
export async function preparationFor(sql: PgClient): Promise<Preparation> {
  const { preparation, clientEncoding } = await readSurroundings(sql)
  if (isFaithful(clientEncoding)) return preparation
  const advice = 'take it out of the options of the client, of its role and of the database.'
  throw new SessionError('failed', `client_encoding is ${clientEncoding}, but postgres.js sends UTF-8: ${advice}`)
}

/** Throws a `TypeError` if `sql` lacks one of the methods. */
export function checkClient(factory: string, sql: unknown, ...methods: readonly (keyof PgClient)[]): void {
  if (typeof sql === 'function' && methods.every((name) => typeof Reflect.get(sql, name) === 'function')) return
  throw new TypeError(`${factory}: expected a client of postgres.js as sql, but it is ${describeType(sql)}.`)
}
