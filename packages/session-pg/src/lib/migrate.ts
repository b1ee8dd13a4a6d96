import { rejectUnknownOptions } from '@bext/session-core/store'
import type { PgClient, PgTransactionClient } from './client.js'
import { checkClient, query } from './client.js'
import { toPgError } from './pg-error.js'
import { schemaSqlFor } from './schema.js'
import type { TableNames, TableOptions } from './table-names.js'
import { tableNames } from './table-names.js'

// `create index if not exists` locks the table against writes even where the index is there, so look first.
async function isMigrated(sql: PgClient, { table, qualifiedIndex }: TableNames): Promise<boolean> {
  const text = 'select to_regclass($1::text) is not null and to_regclass($2::text) is not null'
  const [row] = await query(sql, text, [table, qualifiedIndex])
  return row?.[0] === 't'
}

/**
 * Makes the table and its index where they are missing; else changes nothing and needs no more rights than a store.
 * Safe to run from many processes at once. Rejects with `Backend`, and a lock is waited for at most 10 seconds;
 * throws a `TypeError` for a wrong option.
 */
export async function migrate(sql: PgTransactionClient, options: TableOptions = {}): Promise<void> {
  checkClient('migrate', sql, 'unsafe', 'begin')
  rejectUnknownOptions('migrate', options, ['schema', 'table'])
  const names = tableNames('migrate', options)
  try {
    if (await isMigrated(sql, names)) return
    await sql.begin(async (transaction) => {
      await query(transaction, 'set local client_min_messages = warning')
      await query(transaction, "set local lock_timeout = '10s'")
      // `create table if not exists` fails when two run at once; this lets one after the other in.
      const key = `@bext/session-pg ${names.table}`
      await query(transaction, 'select pg_advisory_xact_lock(hashtextextended($1::text, 0))', [key])
      await query(transaction, schemaSqlFor(names))
    })
  } catch (error) {
    throw toPgError(error)
  }
}
