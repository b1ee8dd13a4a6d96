import { SessionError } from '@bext/session-core'
import type { PgAdapter } from '../client/adapter.js'
import { adapterFor, type PgClient } from '../client/client.js'
import { retryUnsent } from '../client/retry-unsent.js'
import { MisroutedReplyError } from '../client/tagged-replies.js'
import { codeOf } from '../error-codes.js'
import { toSessionError, type Explanations } from '../errors.js'
import { commentPrefix, migrationsFor, versionIn, type LayoutOptions, type Migration } from './migrations.js'
import { tableNames } from './table-names.js'

const defaultLockTimeoutMs = 10_000

const nameTaken =
  'A name that migrate needs is taken, for example by the index of a renamed table. Rename that index (alter index … rename to …), or choose another name with the option table.'

const unchanged = 'Nothing was changed.'

const explained: Explanations = {
  '42501': `The database role lacks a right. To migrate, it needs usage and create on the schema, and must own the table. ${unchanged}`,
  '3F000':
    'The schema does not exist. Create the schema that the option schema, or the search_path of the role, names.',
  '42P07': nameTaken,
  '42710': nameTaken,
  '55P03': `A lock was not released in time. Look for another migration or a long transaction. ${unchanged}`,
}

/** Reads the version of the table: 0 if there is no table. Rejects if this release does not know the version. */
async function readVersion(adapter: PgAdapter, table: string, latest: number): Promise<number> {
  // Selecting from a catalog table gives the statement a fresh snapshot, in which a table created a moment ago is visible.
  const text = `select coalesce(obj_description(oid, 'pg_class'), '') from pg_class where oid = to_regclass($1::text)`
  const statement = { text, parameters: [table], prepare: false, untilMs: Number.POSITIVE_INFINITY }
  const { rows } = await retryUnsent(() => adapter.runStatement(statement))
  const [row] = rows
  if (row === undefined) return 0
  const version = versionIn(row[0] ?? '')
  if (version === undefined) {
    const found = 'The table exists, but its comment has no version of @bext/session-pg.'
    const advice =
      'Choose another name with the option table, another schema with the option schema, or restore the comment that the last migration sets.'
    throw new SessionError('failed', `${found} ${advice}`)
  }
  if (version > latest) {
    const found = `The table has version ${version}, but this release of @bext/session-pg knows only versions up to ${latest}.`
    throw new SessionError('failed', `${found} Use the release that migrated it, or a newer one.`)
  }
  return version
}

function literal(text: string): string {
  return `E'${text.replaceAll(/['\\]/g, '$&$&')}'`
}

/**
 * Returns several statements as one message, which the server runs in one transaction. `sql.begin` is not safe: postgres.js
 * 3.4 can send its `begin` without reserving the connection (its issue 1189), and later writes of a store on that
 * connection would never be committed.
 */
function transactionFor(table: string, steps: readonly Migration[], from: number, lockTimeoutMs: number): string {
  const name = literal(table)
  return [
    // At a higher level, a process that waited for another one would not see the table that the other one created.
    'set transaction isolation level read committed',
    // Timeouts that the user has set are meant for short statements.
    `select set_config(name, '0', true) from pg_settings where name in ('statement_timeout', 'transaction_timeout')`,
    'set local client_min_messages = warning',
    `set local lock_timeout = ${lockTimeoutMs}`,
    // Processes run this one after the other. Later ones divide by zero, which rolls back, and then find nothing to do.
    `select pg_advisory_xact_lock(hashtextextended(${literal(`@bext/session-pg ${table}`)}, 0))`,
    `select 1 / (case when coalesce(substring(obj_description(oid, 'pg_class') from '^${commentPrefix}([0-9]+)'), '0') = '${from}'
then 1 else 0 end) from (select) as one left join pg_class on oid = to_regclass(${name})`,
    ...steps.slice(from).map(({ sql }) => sql),
  ].join(';\n')
}

// The errors of the server when another process has created or changed the table meanwhile.
const changedMeanwhile = new Set(['22012', '23505', '42P07', '42710'])

/** Applies the steps that the table lacks: all of them, or none. */
export async function runMigrations(
  adapter: PgAdapter,
  table: string,
  steps: readonly Migration[],
  lockTimeoutMs: number = defaultLockTimeoutMs,
): Promise<void> {
  let from = await readVersion(adapter, table, steps.length)
  while (from !== steps.length) {
    let failure: unknown = new MisroutedReplyError('The connection broke while the table was migrated. Try again.')
    try {
      await retryUnsent(() => adapter.runScript(transactionFor(table, steps, from, lockTimeoutMs)))
    } catch (error) {
      if (!changedMeanwhile.has(codeOf(error) ?? '')) throw error
      failure = error
    }
    const reached = await readVersion(adapter, table, steps.length)
    if (reached === from) throw failure
    from = reached
  }
}

/**
 * Creates the table, or upgrades it to the version of this release, completely or not at all. If the table is up to date,
 * changes nothing and needs only the rights of a store. Many processes may call it at the same time. Rejects with
 * `Backend` if a lock is not released within 10 seconds, if the table is not one of this package, or if it has a version
 * that this release does not know. Rejects with a `TypeError` for a wrong option.
 */
export async function migrate(client: PgClient, options: LayoutOptions = {}): Promise<void> {
  const adapter = adapterFor('migrate', client)
  const steps = migrationsFor('migrate', options)
  try {
    await runMigrations(adapter, tableNames('migrate', options).table, steps)
  } catch (error) {
    throw toSessionError(error, explained)
  }
}
