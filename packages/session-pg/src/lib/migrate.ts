import { SessionError } from '@bext/session-core'
import type { PgClient, PgTransactionClient } from './client.js'
import { checkClient, query } from './client.js'
import type { LayoutOptions, Migration } from './migrations.js'
import { latestVersion, migrationsFor, versionIn } from './migrations.js'
import { codeOf, toPgError, type Explanations } from './pg-error.js'
import { tableNames } from './table-names.js'

const patienceMs = 10_000

const nameTaken =
  'A name that migrate needs is taken, such as that of the index of a table that was renamed. Rename what has it (alter index … rename to …), or choose another name with the option table.'

const notDone = 'Nothing was changed.'

const explained: Explanations = {
  '42501': `The database role lacks a right: to migrate, it needs usage and create on the schema, and to be the owner of the table. ${notDone}`,
  '3F000': 'The schema does not exist: create the one that the option schema, or the search_path of the role, names.',
  '42P07': nameTaken,
  '42710': nameTaken,
  '55P03': `Somebody else held a lock for too long: look for another migration, or a long transaction. ${notDone}`,
}

// By these the server tells that the same name was just taken by somebody else.
const isTaken = new Set(['42P07', '42710', '23505'])

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
      'Choose another name with the option table, another schema with the option schema, or put the comment back that the last migration ends with.'
    throw new SessionError('failed', `There is a table of that name already, ${expected}. ${advice}`)
  }
  if (version > latestVersion) {
    const found = `The table has version ${version}, and this release of @bext/session-pg knows ${latestVersion} at most.`
    throw new SessionError('failed', `${found} Use the release that has migrated it, or a newer one.`)
  }
  return version
}

// A user's own settings, which are for short statements, do not apply. The first statement of the transaction sets the
// isolation level: at a higher one, a process that has waited for another does not see the table that the other has made.
const surroundings = [
  'set transaction isolation level read committed',
  `select set_config(name, '0', true) from pg_settings
where name in ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`,
  'set local client_min_messages = warning',
]

/** Takes the table through the steps that it lacks, all or none of them. */
export async function runMigrations(
  sql: PgTransactionClient,
  table: string,
  steps: readonly Migration[],
  lockTimeoutMs: number = patienceMs,
): Promise<void> {
  const isDone = async (): Promise<boolean> => (await readVersion(sql, table)) === steps.length
  if (await isDone()) return
  const migrating = sql.begin(async (transaction) => {
    for (const text of surroundings) await query(transaction, text)
    await query(transaction, `set local lock_timeout = ${lockTimeoutMs}`)
    // Lets one process after the other in; those that come later find nothing to do.
    await query(transaction, 'select pg_advisory_xact_lock(hashtextextended($1::text, 0))', [
      `@bext/session-pg ${table}`,
    ])
    const from = await readVersion(transaction, table)
    for (const { sql: text } of steps.slice(from)) await query(transaction, text)
  })
  try {
    await migrating
  } catch (error) {
    // Somebody who holds another lock, or none, such as psql, may have made the table meanwhile.
    if (!isTaken.has(codeOf(error) ?? '') || !(await isDone())) throw error
  }
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
    throw toPgError(error, explained)
  }
}
