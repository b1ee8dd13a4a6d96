import { SessionError } from '@bext/session-core'
import type { PgClient, PgTransactionClient } from './client.js'
import { checkClient, query } from './client.js'
import type { LayoutOptions, Migration } from './migrations.js'
import { latestVersion, migrationsFor, versionIn } from './migrations.js'
import { toPgError } from './pg-error.js'
import { tableNames } from './table-names.js'

const patienceMs = 10_000

/** The version of the table: 0 if there is none. */
async function readVersion(sql: PgClient, table: string): Promise<number> {
  // To read from a table of the catalog is what has the server hear of a table that was made a moment ago.
  const text = `select coalesce(obj_description(oid, 'pg_class'), '') from pg_class where oid = to_regclass($1::text)`
  const [row] = await query(sql, text, [table])
  if (row === undefined) return 0
  const version = versionIn(row[0] ?? '')
  if (version === undefined) {
    const expected = 'whose comment tells no version of @bext/session-pg'
    const advice =
      'Choose another name with the option table, or put the comment back that the last migration ends with.'
    throw new SessionError('failed', `There is a table of that name already, ${expected}. ${advice}`)
  }
  if (version > latestVersion) {
    const found = `The table has version ${version}, and this release of @bext/session-pg knows ${latestVersion} at most.`
    throw new SessionError('failed', `${found} Use the release that has migrated it, or a newer one.`)
  }
  return version
}

/** Takes the table through the steps that it lacks, all or none of them. */
export async function runMigrations(
  sql: PgTransactionClient,
  table: string,
  steps: readonly Migration[],
  lockTimeoutMs: number = patienceMs,
): Promise<void> {
  const isDone = async (client: PgClient): Promise<boolean> => (await readVersion(client, table)) === steps.length
  if (await isDone(sql)) return
  await sql.begin(async (transaction) => {
    await query(transaction, 'set local client_min_messages = warning')
    await query(transaction, `set local lock_timeout = ${lockTimeoutMs}`)
    // Lets one process after the other in; those that come later find nothing to do.
    await query(transaction, 'select pg_advisory_xact_lock(hashtextextended($1::text, 0))', [
      `@bext/session-pg ${table}`,
    ])
    const from = await readVersion(transaction, table)
    for (const { sql: text } of steps.slice(from)) await query(transaction, text)
  })
}

/**
 * Makes the table, or takes it to the version of this release; else changes nothing and needs no more rights than a
 * store. Safe to run from many processes at once, and all or nothing. Rejects with `Backend`: if a lock is not free
 * within 10 seconds, if a table of that name is not ours, or if it has a version that this release does not know. Throws
 * a `TypeError` for a wrong option.
 */
export async function migrate(sql: PgTransactionClient, options: LayoutOptions = {}): Promise<void> {
  checkClient('migrate', sql, 'unsafe', 'begin')
  const steps = migrationsFor('migrate', options)
  try {
    await runMigrations(sql, tableNames('migrate', options).table, steps)
  } catch (error) {
    throw toPgError(error)
  }
}
