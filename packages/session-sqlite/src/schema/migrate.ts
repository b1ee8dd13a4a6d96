import { SessionError } from '@bext/session-core'
import { rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { checkDatabase, valuesOf, type SqliteDatabase } from '../client/client.js'
import { createConnection } from '../connection.js'
import { tableNames, type TableNames, type TableOptions } from './table-name.js'

const lockTimeoutMs = 10_000

/** Names of the columns, in their order. */
const columns: readonly string[] = ['id', 'user_id', 'created_at_ms', 'expires_at_ms', 'data_json']

// STRICT keeps SQLite from converting values.
function statementsFor({ table, userIndex, expiryIndex }: TableNames): string {
  return `
CREATE TABLE IF NOT EXISTS ${table} (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  data_json TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ${userIndex} ON ${table} (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ${expiryIndex} ON ${table} (expires_at_ms);`
}

/** Returns the state of the table. `migrated`: it has the columns that `migrate` creates. `foreign`: it has others. */
export function tableStateOf(database: SqliteDatabase, { name }: TableNames): 'missing' | 'migrated' | 'foreign' {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(name)
  const found = rows.map((row) => String(valuesOf(row)?.[0]))
  if (found.length === 0) return 'missing'
  return found.join() === columns.join() ? 'migrated' : 'foreign'
}

/** Throws if another program has created a table of this name. */
function assertNotForeign(database: SqliteDatabase, names: TableNames): void {
  if (tableStateOf(database, names) !== 'foreign') return
  const advice = 'Choose another name with the option table.'
  throw new SessionError('failed', `There is another table of this name, with other columns. ${advice}`)
}

/** Creates the table and its indexes in one transaction, unless they exist. */
function createTable(database: SqliteDatabase, names: TableNames): void {
  assertNotForeign(database, names)
  // Readers then do not wait for a writer. A database in memory has no log, and stays as it is.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(statementsFor(names))
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Creates the table with its indexes if it is missing, and turns on write-ahead logging in the file. Many processes may
 * call it at the same time. Rejects with `Backend` if a lock is not released within 10 seconds, or if there is another
 * table of this name. Throws a `TypeError` for a wrong option.
 */
export async function migrate(database: SqliteDatabase, options: TableOptions = {}): Promise<void> {
  checkDatabase('migrate', database)
  rejectUnknownOptions('migrate', options, ['table'])
  const names = tableNames('migrate', options)
  const connection = createConnection({ database, timeoutMs: lockTimeoutMs, prepare: () => database })
  await connection.run((prepared) => createTable(prepared, names))
}
