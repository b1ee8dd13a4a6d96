import { describeType } from '@bext/session-core/store'

/** A value as text, or SQL's null. */
export type SqlText = string | null

/** A query of postgres.js, as far as it is used here. */
export interface PgQuery {
  raw(): PromiseLike<readonly (readonly (Buffer | null)[])[]>
}

/** What a store needs of a postgres.js client: any `postgres.Sql` fits, of several versions. */
export interface PgClient {
  unsafe(text: string, parameters?: SqlText[], options?: { prepare?: boolean | undefined }): PgQuery
}

/** What `migrate` needs of a postgres.js client: any `postgres.Sql` fits. */
export interface PgTransactionClient extends PgClient {
  begin(work: (transaction: PgClient) => Promise<void>): PromiseLike<unknown>
}

/** A row as text, the way PostgreSQL sends it. */
export type TextRow = readonly SqlText[]

/**
 * Runs one statement. Rows are taken raw, so that no type parser or transform of the user's client changes them.
 * Statements are prepared where the client prepares at all: its own `prepare: false` wins.
 */
export async function query(sql: PgClient, text: string, parameters: SqlText[] = []): Promise<TextRow[]> {
  const rows = await sql.unsafe(text, parameters, { prepare: true }).raw()
  return rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))
}

/** Throws a `TypeError` if `sql` lacks one of the methods. */
export function checkClient(factory: string, sql: unknown, ...methods: readonly (keyof PgTransactionClient)[]): void {
  if (typeof sql === 'function' && methods.every((name) => typeof Reflect.get(sql, name) === 'function')) return
  throw new TypeError(`${factory}: expected a client of postgres.js as sql, but it is ${describeType(sql)}.`)
}
