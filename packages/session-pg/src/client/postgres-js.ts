import { UnsentError, type PgAdapter, type SqlText, type TextRow } from './adapter.js'
import { probes } from './probes.js'

/** The part of a query of postgres.js that the store uses. */
export interface PostgresJsQuery {
  raw(): PostgresJsRawQuery
}

/** A query that resolves to rows of undecoded values. */
export type PostgresJsRawQuery = PromiseLike<RawRows> & {
  /** The connection that the query was sent on; `null` until it is sent. */
  readonly state?: unknown
}

type RawRows = readonly (readonly (Buffer | null)[])[] & {
  /** The server process that was named when the connection was opened. */
  readonly state?: { readonly pid: number } | undefined
}

/** The part of a client of postgres.js that a store needs. Any `postgres.Sql` fits, whatever its version. */
export interface PostgresJsClient {
  unsafe(text: string, parameters?: SqlText[], options?: { prepare?: boolean | undefined }): PostgresJsQuery
}

export function isPostgresJsClient(client: unknown): client is PostgresJsClient {
  return typeof client === 'function' && typeof Reflect.get(client, 'unsafe') === 'function'
}

function toText(rows: RawRows): TextRow[] {
  return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))
}

async function rowsOf(raw: PostgresJsRawQuery): Promise<RawRows> {
  try {
    return await raw
  } catch (cause) {
    throw raw.state === null ? new UnsentError(cause) : cause
  }
}

/**
 * Adapts a client of postgres.js. Reads undecoded rows, so that type parsers and transforms of the client do not change
 * them. If the client has the option `prepare: false`, no statement is prepared.
 */
export function postgresJsAdapter(sql: PostgresJsClient): PgAdapter {
  return {
    async runStatement({ text, parameters, prepare }) {
      const rows = await rowsOf(sql.unsafe(text, [...parameters], { prepare }).raw())
      return { rows: toText(rows), serverProcess: rows.state?.pid }
    },
    async runScript(text) {
      await rowsOf(sql.unsafe(text, [], { prepare: false }).raw())
    },
  }
}

// The type id of PostgreSQL's text: the store sends all parameters as text.
const textOid = 25

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Returns true if the options of the client show that it alters the text that it sends (contract R2). */
export function altersText(sql: PostgresJsClient): boolean {
  const options: unknown = Reflect.get(sql, 'options')
  const serializers: unknown = isObject(options) ? Reflect.get(options, 'serializers') : undefined
  const serialize: unknown = isObject(serializers) ? Reflect.get(serializers, textOid) : undefined
  if (typeof serialize !== 'function') return false
  return probes.some((probe) => {
    try {
      return serialize(probe) !== probe
    } catch {
      return true
    }
  })
}
