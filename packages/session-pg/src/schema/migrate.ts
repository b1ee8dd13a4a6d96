import { SessionError } from '@bext/session-core'
import type { PgClient } from '../client/client.js'
import { checkClient, query, MisroutedReplyError } from '../client/client.js'
import type { LayoutOptions, Migration } from './migrations.js'
import { mark, migrationsFor, versionIn } from './migrations.js'
import { codeOf, toSessionError, type Explanations } from '../errors.js'
import { tableNames } from './table-names.js'
import { untilSent } from '../client/until-sent.js'

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

/** The version of the table: 0 if there is none. Rejects if it is later than the latest that is known. */
async function readVersion(sql: PgClient, table: string, latest: number): Promise<number> {
  // To read from a table of the catalog is what has the server hear of a table that was made a moment ago.
  const text = `select coalesce(obj_description(oid, 'pg_class'), '') from pg_class where oid = to_regclass($1::text)`
  const [row] = await untilSent(() => query(sql, text, [table]))
  if (row === undefined) return 0
  const version = versionIn(row[0] ?? '')
  if (version === undefined) {
    const expected = 'whose comment tells no version of @bext/session-pg'
    const advice =
      'Choose another name with the option table, another schema with the option schema, or put the comment back that the last migration ends with.'
    throw new SessionError('failed', `There is a table of that name already, ${expected}. ${advice}`)
  }
  if (version > latest) {
    const found = `The table has version ${version}, and this release of @bext/session-pg knows ${latest} at most.`
    throw new SessionError('failed', `${found} Use the release that has migrated it, or a newer one.`)
  }
  return version
}

function literal(text: string): string {
  return `E'${text.replaceAll(/['\\]/g, '$&$&')}'`
}

/**
 * One message of several statements, which the server runs in one transaction. `begin` of postgres.js 3.4 can send a
 * `begin` and lose the connection on which it did (its issue 1189), so that later writes of a store on it are never seen.
 */
function transactionFor(table: string, steps: readonly Migration[], from: number, lockTimeoutMs: number): string {
  const name = literal(table)
  return [
    // At a higher level, a process that has waited for another does not see the table that the other has made.
    'set transaction isolation level read committed',
    // A user's own settings are for short statements.
    `select set_config(name, '0', true) from pg_settings where name in ('statement_timeout', 'transaction_timeout')`,
    'set local client_min_messages = warning',
    `set local lock_timeout = ${lockTimeoutMs}`,
    // Lets one process after the other in. Those that come later fail to divide by zero, and find nothing to do.
    `select pg_advisory_xact_lock(hashtextextended(${literal(`@bext/session-pg ${table}`)}, 0))`,
    `select 1 / (case when coalesce(substring(obj_description(oid, 'pg_class') from '^${mark}([0-9]+)'), '0') = '${from}'
then 1 else 0 end) from (select) as one left join pg_class on oid = to_regclass(${name})`,
    ...steps.slice(from).map(({ sql }) => sql),
  ].join(';\n')
}

// By these the server tells that somebody else has made or changed the table meanwhile.
const overtaken = new Set(['22012', '23505', '42P07', '42710'])

/** Takes the table through the steps that it lacks, all or none of them. */
export async function runMigrations(
  sql: PgClient,
  table: string,
  steps: readonly Migration[],
  lockTimeoutMs: number = patienceMs,
): Promise<void> {
  let from = await readVersion(sql, table, steps.length)
  while (from !== steps.length) {
    let failure: unknown = new MisroutedReplyError('The connection broke while the table was migrated.')
    try {
      await untilSent(() => query(sql, transactionFor(table, steps, from, lockTimeoutMs)))
    } catch (error) {
      if (!overtaken.has(codeOf(error) ?? '')) throw error
      failure = error
    }
    const reached = await readVersion(sql, table, steps.length)
    if (reached === from) throw failure
    from = reached
  }
}

/**
 * Makes the table, or takes it to the version of this release; else changes nothing and needs no more rights than a
 * store. Safe to run from many processes at once, and all or nothing. Rejects with `Backend`: if a lock is not free
 * within 10 seconds, if a table of that name is not ours, or if it has a version that this release does not know. Throws
 * a `TypeError` for a wrong option.
 */
export async function migrate(sql: PgClient, options: LayoutOptions = {}): Promise<void> {
  checkClient('migrate', sql, 'unsafe')
  const steps = migrationsFor('migrate', options)
  try {
    await runMigrations(sql, tableNames('migrate', options).table, steps)
  } catch (error) {
    throw toSessionError(error, explained)
  }
}
