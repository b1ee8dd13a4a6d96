import { describeType, rejectBareOption } from '@bext/session-core/store-helpers'

/** A value that the store binds or reads. Drivers return integers as numbers or bigints. */
export type SqliteValue = string | number | bigint | null

/** The part of a prepared statement that the store uses. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
}

/**
 * A connection to an SQLite database: a `DatabaseSync` of `node:sqlite`, or a `Database` of better-sqlite3 or of
 * `bun:sqlite`.
 */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
}

const expected = 'a DatabaseSync of node:sqlite, or a Database of better-sqlite3 or bun:sqlite'

function isFunction(database: object, method: string): boolean {
  return typeof Reflect.get(database, method) === 'function'
}

/** Returns true for a connection of one of the three drivers. Drivers with callbacks or promises have other methods. */
export function isDatabase(value: unknown): value is SqliteDatabase {
  if (typeof value !== 'object' || value === null || !isFunction(value, 'prepare') || !isFunction(value, 'exec')) {
    return false
  }
  if (typeof Reflect.get(value, 'inTransaction') === 'boolean') return isFunction(value, 'transaction')
  return isFunction(value, 'open') && isFunction(value, 'close')
}

/** Checks the option `database`. Throws a `TypeError` that names the factory. */
export function checkDatabase(factory: string, value: unknown): SqliteDatabase {
  if (isDatabase(value)) return value
  const hint = typeof value === 'string' ? ' Open the file with your driver first.' : ''
  throw new TypeError(`${factory}: expected ${expected}, but it is ${describeType(value)}.${hint}`)
}

/** Throws a `TypeError` that says how to pass the connection, if it was passed instead of options. */
export function rejectBareDatabase(factory: string, options: unknown): void {
  rejectBareOption(factory, 'database', isDatabase(options))
}

/** Returns true while the app has a transaction open on this connection. Older releases of `node:sqlite` do not tell. */
export function isInTransaction(database: SqliteDatabase): boolean {
  return Reflect.get(database, 'inTransaction') === true || Reflect.get(database, 'isTransaction') === true
}

/** Returns the values of a row by position. Some drivers can be set to return arrays. */
export function valuesOf(row: unknown): readonly SqliteValue[] | undefined {
  if (typeof row !== 'object' || row === null) return undefined
  return Array.isArray(row) ? row : Object.values(row)
}
