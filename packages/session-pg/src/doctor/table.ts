import { note, ok, problem, type Finding } from '@bext/session-core/doctor'
import { latestVersion, versionIn } from '../lib/migrations.js'
import type { Ask } from './ask.js'
import { examineGuards } from './guards.js'
import { examineIndexes } from './indexes.js'

const columns = 'id text, user_id text, created_at_ms bigint, expires_at_ms bigint, data_json text'
const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

function examineVersion(comment: string): Finding {
  const version = versionIn(comment)
  if (version === latestVersion) return ok('table', `version ${version}`)
  if (version === undefined) {
    const why = 'migrate takes it for somebody else’s, and leaves it alone.'
    const advice = 'If the store made it, put the comment back that the last migration ends with.'
    return problem('table', 'its comment tells no version of @bext/session-pg', why, advice)
  }
  const found = `version ${version}; this release makes ${latestVersion}`
  if (version < latestVersion) {
    return problem('table', found, 'The store expects what later versions have.', 'Run migrate(sql).')
  }
  return problem(
    'table',
    found,
    'This release does not know what is different.',
    'Use the release that has migrated it.',
  )
}

async function examineColumns(ask: Ask, table: string): Promise<Finding[]> {
  const rows = await ask.rows(
    `select attname || ' ' || format_type(atttypid, atttypmod), quote_ident(attname),
      attnotnull and not atthasdef and attidentity = '' from pg_attribute
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum`,
    table,
  )
  const found = rows.map(([column]) => String(column))
  const missing = columns.split(', ').filter((column) => !found.includes(column))
  if (missing.length > 0) {
    const advice = 'Choose another name, and run migrate(sql).'
    return [problem('table', `it lacks the columns ${missing.join(', ')}`, 'Calls of the store fail.', advice)]
  }
  const filled = ['id', 'created_at_ms', 'expires_at_ms', 'data_json']
  const needed = rows.flatMap(([, name, isNeeded]) =>
    isNeeded === 't' && !filled.includes(String(name)) ? [name] : [],
  )
  if (needed.length === 0) return []
  const why = 'A new session leaves it empty, at least that of a visitor who is not signed in, so create fails.'
  return [problem('table', `${needed.join(', ')} may not be null`, why, 'Give it a default, or drop its not null.')]
}

async function examineRights(ask: Ask, table: string): Promise<Finding[]> {
  const [allowed, isSuperuser, ...granted] = await ask.row(
    `select has_schema_privilege(relnamespace, 'USAGE'), (select rolsuper from pg_roles where rolname = current_user),
      ${rights.map((right) => `has_table_privilege(oid, '${right}')`).join(', ')}
    from pg_class where oid = $1::text::regclass`,
    table,
  )
  const missing = rights.filter((_, position) => granted[position] !== 't')
  const lacking = [...(allowed === 't' ? [] : ['usage on the schema']), ...missing.map((right) => right.toLowerCase())]
  if (lacking.length > 0) {
    const advice = 'Grant them: see the README on privileges.'
    return [problem('privileges', `the role lacks ${lacking.join(', ')}`, 'Calls that need them fail.', advice)]
  }
  if (isSuperuser !== 't') return [ok('privileges', 'select, insert, update and delete')]
  const why = 'Whoever takes over the web server can do everything in the whole cluster.'
  return [note('privileges', 'the role is a superuser', why, 'Give the store a role with the rights that it needs.')]
}

async function examineNamesakes(ask: Ask, table: string): Promise<Finding[]> {
  const [others] = await ask.row(
    `select count(*) from pg_class as own join pg_class as other using (relname)
    join pg_namespace as namespace on namespace.oid = other.relnamespace
    where own.oid = $1::text::regclass and other.oid <> own.oid and namespace.nspname = any(current_schemas(false))`,
    table,
  )
  if (others === '0') return []
  const why = 'Which of them a store without the option schema finds depends on the search_path of its role.'
  return [note('table', 'another schema of the search_path has one by that name', why, 'Give the option schema.')]
}

async function examinePersistence(ask: Ask, table: string): Promise<Finding[]> {
  const [unlogged] = await ask.row(
    `select count(*) from pg_class where relpersistence = 'u' and (oid = $1::text::regclass
      or oid in (select relid from pg_partition_tree($1::text::regclass)))`,
    table,
  )
  if (unlogged === '0') return []
  const why = 'A crash of the server ends all sessions, and so does a failover.'
  return [note('table', 'it is unlogged', why, 'If that is not meant: alter table … set logged.')]
}

/** What the table is. Its name comes quoted. Resolves to `undefined` if it is missing. */
export async function examineTable(ask: Ask, table: string): Promise<Finding[] | undefined> {
  const [row] = await ask.rows(
    `select coalesce(obj_description(oid, 'pg_class'), ''), relkind in ('r', 'p') from pg_class
    where oid = to_regclass($1::text)`,
    table,
  )
  if (row === undefined) return undefined
  if (row[1] !== 't') {
    const advice = 'Choose another name with the option table, or another schema, and run migrate(sql).'
    return [problem('table', 'there is something of that name that is no table', 'Calls of the store fail.', advice)]
  }
  return [
    examineVersion(row[0] ?? ''),
    ...(await examineColumns(ask, table)),
    ...(await examinePersistence(ask, table)),
    ...(await examineNamesakes(ask, table)),
    ...(await examineRights(ask, table)),
    ...(await examineIndexes(ask, table)),
    ...(await examineGuards(ask, table)),
  ]
}
