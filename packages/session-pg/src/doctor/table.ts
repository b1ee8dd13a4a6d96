import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'
import type { TextRow } from '../client/adapter.js'
import { latestVersion, versionIn } from '../schema/migrations.js'
import { attempt, refusalOf, type Ask } from './ask.js'
import { examineGuards } from './guards.js'
import { examineIndexes } from './indexes.js'
import { examineStatistics, examineSweep } from './statistics.js'

const columns = { id: 'text', user_id: 'text', created_at_ms: 'bigint', expires_at_ms: 'bigint', data_json: 'text' }

// A right to the named columns is enough, except for statements that name system columns or a whole row.
function columnRight(right: string, names: readonly string[]): string {
  return names.map((name) => `coalesce(has_column_privilege(oid, '${name}', '${right}'), false)`).join(' and ')
}

const rights = {
  select: "has_table_privilege(oid, 'SELECT')",
  insert: columnRight('INSERT', Object.keys(columns)),
  update: columnRight('UPDATE', ['expires_at_ms', 'data_json']),
  delete: "has_table_privilege(oid, 'DELETE')",
}

function examineVersion(comment: string): Finding {
  const version = versionIn(comment)
  if (version === latestVersion) return ok('table', `version ${version}`)
  if (version === undefined) {
    const why = 'migrate does not change a table that was not created by this package.'
    const advice = 'If migrate created it, restore the comment that the last migration sets.'
    return problem('table', 'its comment has no version of @bext/session-pg', why, advice)
  }
  const found = `version ${version}, but this release needs ${latestVersion}`
  if (version < latestVersion) {
    return problem('table', found, 'The store needs the changes of later versions.', 'Run migrate(client).')
  }
  return problem(
    'table',
    found,
    'This release does not know the changes of later versions.',
    'Use the release that migrated it, or a newer one.',
  )
}

/** Reads the names of missing columns, and of columns that may not be null but that a create leaves empty. */
async function readColumns(ask: Ask, table: string): Promise<{ missing: string[]; needed: string[] }> {
  const rows = await ask.rows(
    `select attname, typname, attnotnull and not atthasdef and attidentity = '' from pg_attribute
      join pg_type on pg_type.oid = atttypid
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum`,
    table,
  )
  const types = new Map(rows.map(([name, type]) => [name, type === 'int8' ? 'bigint' : type]))
  const filled = Object.keys(columns).filter((name) => name !== 'user_id')
  return {
    missing: Object.entries(columns)
      .filter(([name, type]) => types.get(name) !== type)
      .map((column) => column.join(' ')),
    needed: rows
      .filter(([name, , isNeeded]) => isNeeded === 't' && !filled.includes(String(name)))
      .map(([name]) => String(name)),
  }
}

function examineNeeded(needed: readonly string[]): Finding[] {
  if (needed.length === 0) return []
  const why = 'A create leaves it empty, at least for an anonymous session, and fails.'
  return [
    problem(
      'table',
      `${needed.join(', ')} may not be null`,
      why,
      'Give it a default, or drop its not null constraint.',
    ),
  ]
}

async function examineRights(ask: Ask, table: string): Promise<Finding[]> {
  const [isSuperuser, ...granted] = await ask.row(
    `select (select rolsuper from pg_roles where rolname = current_user), ${Object.values(rights).join(', ')}
    from pg_class where oid = $1::text::regclass`,
    table,
  )
  const lacking = Object.keys(rights).filter((_, position) => granted[position] !== 't')
  if (lacking.length > 0) {
    const advice = 'Grant them: see Privileges in the README.'
    return [problem('privileges', `the role lacks ${lacking.join(', ')}`, 'Calls that need these rights fail.', advice)]
  }
  if (isSuperuser !== 't') return [ok('privileges', 'select, insert, update and delete')]
  const why = 'Whoever takes over the web server controls the whole cluster.'
  return [
    warning('privileges', 'the role is a superuser', why, 'Use a role with only the rights that the store needs.'),
  ]
}

async function examineNamesakes(ask: Ask, table: string): Promise<Finding[]> {
  const [others] = await ask.row(
    `select count(*) from pg_class as own join pg_class as other using (relname)
    join pg_namespace as namespace on namespace.oid = other.relnamespace
    where own.oid = $1::text::regclass and other.oid <> own.oid and namespace.nspname = any(current_schemas(false))`,
    table,
  )
  if (others === '0') return []
  const why = 'Without the option schema, the search_path of the role decides which table a store uses.'
  return [
    warning('table', 'another schema of the search_path has a table with this name', why, 'Set the option schema.'),
  ]
}

async function examinePersistence(ask: Ask, table: string): Promise<Finding[]> {
  const [unlogged] = await ask.row(
    `select count(*) from pg_class where relpersistence = 'u' and (oid = $1::text::regclass
      or oid in (select relid from pg_partition_tree($1::text::regclass)))`,
    table,
  )
  if (unlogged === '0') return []
  const why = 'A crash of the server, or a failover, deletes all sessions.'
  return [warning('table', 'it is unlogged', why, 'If this is not intended, run alter table … set logged.')]
}

async function findTable(ask: Ask, table: string): Promise<TextRow | 'forbidden' | undefined> {
  const text = `select coalesce(obj_description(oid, 'pg_class'), ''), relkind in ('r', 'p') from pg_class
    where oid = to_regclass($1::text)`
  try {
    return (await ask.rows(text, table))[0]
  } catch (error) {
    if (refusalOf(error) === '42501') return 'forbidden'
    throw error
  }
}

/** Checks the table. `table` must be quoted. */
export async function examineTable(ask: Ask, table: string): Promise<Finding[]> {
  const row = await findTable(ask, table)
  if (row === undefined) {
    const why = 'Every call of the store fails.'
    return [problem('table', 'it is missing', why, 'Run migrate(client), with the same schema and table as the store.')]
  }
  if (row === 'forbidden') {
    const advice = 'Grant it: see Privileges in the README.'
    return [problem('privileges', 'the role lacks usage on the schema', 'Every call of the store fails.', advice)]
  }
  const [comment, isTable] = row
  if (isTable !== 't') {
    const advice = 'Choose another name with the option table, or another schema, and run migrate(client).'
    return [problem('table', 'the name belongs to something that is not a table', 'Calls of the store fail.', advice)]
  }
  const version = examineVersion(comment ?? '')
  const { missing, needed } = await readColumns(ask, table)
  if (missing.length > 0) {
    const advice = 'Choose another name with the option table, and run migrate(client).'
    const found = `it lacks the columns ${missing.join(', ')}`
    return [version, problem('table', found, 'Calls of the store fail.', advice)]
  }
  return [
    version,
    ...examineNeeded(needed),
    ...(await examinePersistence(ask, table)),
    ...(await examineNamesakes(ask, table)),
    ...(await examineRights(ask, table)),
    ...(await examineIndexes(ask, table)),
    ...(await examineGuards(ask, table)),
    ...(await attempt('statistics', () => examineStatistics(ask, table))),
    ...(await attempt('sweep', () => examineSweep(ask, table))),
  ]
}
