import { readFile, readdir } from 'node:fs/promises'
import { migrate, migrations, pgSessions, type LayoutOptions } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it } from 'vitest'
import { postgresJsAdapter } from '../src/client/postgres-js.js'
import { runMigrations } from '../src/schema/migrate.js'
import { newSchema, openClient, pollOptions, quoted, randomName, rejectionOf } from './helpers/database.js'

const folder = new URL('../migrations/', import.meta.url)

interface TableShape {
  readonly columns: readonly unknown[]
  readonly indexes: readonly unknown[]
  readonly relations: readonly unknown[]
  readonly comment: unknown
}

/** Reads the definition of the table and its partitions, without the name of the schema. */
async function shapeOf(sql: postgres.Sql, schema: string, table = 'sessions'): Promise<TableShape> {
  const name = quoted({ schema, table })
  const columns = await sql`
    select attname, format_type(atttypid, atttypmod), attnotnull, collname
    from pg_attribute left join pg_collation on pg_collation.oid = attcollation
    where attrelid = ${name}::regclass and attnum > 0 order by attnum`
  const indexes = await sql`
    select indexname, replace(indexdef, ${`${schema}.`}, '') as definition
    from pg_indexes where schemaname = ${schema} and tablename = ${table} order by indexname`
  const relations = await sql`
    select relname, relkind, relpersistence, reloptions from pg_class
    where relnamespace = ${schema}::regnamespace and relkind in ('r', 'p') order by relname`
  const [comment] = await sql`select obj_description(${name}::regclass, 'pg_class') as text`
  return { columns: [...columns], indexes: [...indexes], relations: [...relations], comment: comment?.['text'] }
}

async function migrated(layout: LayoutOptions = {}): Promise<TableShape> {
  const sql = openClient()
  const schema = await newSchema(sql)
  await migrate(sql, { ...layout, schema })
  return shapeOf(sql, schema)
}

it('migrate creates the same table as migrations(), with its version in the comment', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  for (const step of migrations({ schema })) await sql.unsafe(step.sql)
  const byHand = await shapeOf(sql, schema)
  expect(byHand).toEqual(await migrated())
  expect(byHand).toMatchObject({
    columns: [
      { attname: 'id', collname: 'C', attnotnull: true },
      { attname: 'user_id', collname: 'C', attnotnull: false },
      { attname: 'created_at_ms', format_type: 'bigint' },
      { attname: 'expires_at_ms', format_type: 'bigint' },
      { attname: 'data_json', format_type: 'text' },
    ],
    indexes: [{ indexname: 'sessions_pkey' }, { indexname: 'sessions_user_id_idx' }],
    relations: [{ relname: 'sessions', relkind: 'r', relpersistence: 'p', reloptions: ['fillfactor=90'] }],
    comment: '@bext/session-pg schema 1',
  })
  await migrate(sql, { schema })
  expect(await shapeOf(sql, schema)).toEqual(byHand)
})

it('has a file for each migration, with the default names', async () => {
  const files = (await readdir(folder)).toSorted()
  const steps = migrations()
  expect(files).toEqual(steps.map(({ version, name }) => `${String(version).padStart(4, '0')}_${name}.sql`))
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))
  expect(texts).toEqual(steps.map(({ sql }) => sql))
})

it('creates an unlogged table with the option unlogged', async () => {
  expect(await migrated({ unlogged: true })).toMatchObject({
    relations: [{ relname: 'sessions', relpersistence: 'u' }],
  })
})

it('creates partitions with the option partitions, each with a fill factor', async () => {
  const part = { relkind: 'r', relpersistence: 'u', reloptions: ['fillfactor=90'] }
  expect(await migrated({ partitions: 2, unlogged: true })).toMatchObject({
    indexes: [{ indexname: 'sessions_pkey' }, { indexname: 'sessions_user_id_idx' }],
    relations: [
      { relname: 'sessions', relkind: 'p' },
      { relname: 'sessions_0', ...part },
      { relname: 'sessions_1', ...part },
    ],
    comment: '@bext/session-pg schema 1',
  })
})

it('O2 sweeps all partitions, and removes only expired records', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  await migrate(sql, { schema, partitions: 3 })
  const name = quoted({ schema, table: 'sessions' })
  // The partitions are alike, so that rows of several have the same ctid.
  await sql.unsafe(`insert into ${name} select n, null, 0, case when n % 2 = 0 then 1 else 9e15 end, repeat('1', 200)
    from generate_series(1, 20000) as n`)
  const store = pgSessions({ client: sql, schema, timeoutMs: 20_000 })
  let removed = 0
  for (let more = true; more;) {
    const swept = await store.sweep({ maxRecords: 3000 })
    removed += swept.removed
    more = swept.more
  }
  expect(removed).toBe(10_000)
  const left = await sql.unsafe(`select count(*)::int, min(expires_at_ms)::text as soonest from ${name}`)
  expect([...left]).toEqual([{ count: 10_000, soonest: '9000000000000000' }])
})

it('applies the missing steps, all or none, and keeps the sessions', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  const table = quoted({ schema, table: 'sessions' })
  await migrate(sql, { schema })
  const id = await pgSessions({ client: sql, schema }).create({ dataJson: '1', ttlMs: 60_000 })
  const comment = `comment on table ${table} is '@bext/session-pg schema 2'`
  const broken = [
    ...migrations({ schema }),
    { version: 2, name: 'more', sql: `alter table ${table} add column more text; alter table nowhere add x text` },
  ]
  await expect(runMigrations(postgresJsAdapter(sql), table, broken)).rejects.toThrow('nowhere')
  expect((await shapeOf(sql, schema)).columns).toHaveLength(5)

  const steps = [
    ...migrations({ schema }),
    { version: 2, name: 'more', sql: `alter table ${table} add more text; ${comment}` },
  ]
  await runMigrations(postgresJsAdapter(sql), table, steps)
  expect((await shapeOf(sql, schema)).columns).toHaveLength(6)
  expect((await pgSessions({ client: sql, schema }).read(id)).dataJson).toBe('1')
})

it('rejects for a table of another package or of a later version, and does not change it', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  await sql`create table ${sql(schema)}.sessions (id text primary key)`
  const foreign = await rejectionOf(migrate(sql, { schema }))
  expect(foreign).toMatchObject({ code: 'Backend', message: expect.stringContaining('Choose another name') })
  expect((await shapeOf(sql, schema)).columns).toHaveLength(1)

  await sql.unsafe(
    `comment on table ${quoted({ schema, table: 'sessions' })} is '@bext/session-pg schema 2, of a friend'`,
  )
  const newer = await rejectionOf(migrate(sql, { schema }))
  expect(newer).toMatchObject({ code: 'Backend', message: expect.stringContaining('has version 2') })
})

it('rejects if a lock is not released in time, and changes nothing', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  const table = quoted({ schema, table: 'sessions' })
  const reserved = await openClient().reserve()
  await reserved`begin`
  await reserved`select pg_advisory_xact_lock(hashtextextended(${`@bext/session-pg ${table}`}, 0))`
  await expect(runMigrations(postgresJsAdapter(sql), table, migrations({ schema }), 50)).rejects.toMatchObject({
    code: '55P03',
  })
  await reserved`rollback`
  reserved.release()
  expect(await sql`select to_regclass(${table}) as found`).toEqual([{ found: null }])
  await migrate(sql, { schema })
})

it.each(['repeatable read', 'serializable'] as const)(
  'migrates from many processes at once at isolation level %s',
  async (isolation) => {
    const owner = openClient()
    const schema = await newSchema(owner)
    const connection = { default_transaction_isolation: isolation }
    const clients = [1, 2, 3, 4, 5, 6].map(() => openClient({ connection, max: 2 }))
    await Promise.all(clients.map((sql) => migrate(sql, { schema, partitions: 2 })))
    expect(await shapeOf(owner, schema)).toEqual(await migrated({ partitions: 2 }))
  },
)

it('waits for a lock regardless of the timeouts of the client', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const reserved = await openClient().reserve()
  await reserved`begin`
  await reserved`select pg_advisory_xact_lock(hashtextextended(${`@bext/session-pg ${quoted({ schema, table: 'sessions' })}`}, 0))`
  const connection = { statement_timeout: 300, lock_timeout: 200, idle_in_transaction_session_timeout: 300 }
  const sql = openClient({ connection, max: 1 })
  const [backend] = await sql`select pg_backend_pid() as pid`
  const migrating = migrate(sql, { schema })
  const waitedMs = async () => {
    const [row] = await owner`select extract(epoch from clock_timestamp() - waitstart) * 1000 as ms
      from pg_locks where pid = ${backend?.['pid']} and not granted`
    return Number(row?.['ms'] ?? 0)
  }
  await expect.poll(waitedMs, pollOptions).toBeGreaterThan(600)
  await reserved`rollback`
  reserved.release()
  await migrating
  expect(await sql`show statement_timeout`).toEqual([{ statement_timeout: '300ms' }])
})

it('says what to do if a renamed table has kept the names of its indexes', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  await migrate(sql, { schema })
  await sql`alter table ${sql(schema)}.sessions rename to former`
  const refused = await rejectionOf(migrate(sql, { schema }))
  expect(refused).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42P07' } })
  expect(refused.message).toContain('alter index')
  await sql`alter index ${sql(schema)}.sessions_user_id_idx rename to former_user_id_idx`
  await migrate(sql, { schema })
})

it('migrates while others name the same table differently, or create it by hand', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const connection = { search_path: schema }
  const clients = [1, 2, 3, 4].map(() => openClient({ connection, max: 2 }))
  const calls = clients.map((sql, n) => migrate(sql, n % 2 === 0 ? { schema } : {}))
  await Promise.all(calls)

  // Waits while another transaction creates the table, and then finds it up to date.
  const other = await newSchema(owner)
  const reserved = await openClient().reserve()
  await reserved`begin`
  for (const step of migrations({ schema: other })) await reserved.unsafe(step.sql)
  const sql = openClient({ max: 1 })
  const [backend] = await sql`select pg_backend_pid() as pid`
  const migrating = migrate(sql, { schema: other })
  const isWaiting = async () => {
    const [row] = await owner`select count(*)::int from pg_locks where pid = ${backend?.['pid']} and not granted`
    return row?.['count']
  }
  await expect.poll(isWaiting, pollOptions).toBe(1)
  await reserved`commit`
  reserved.release()
  await migrating
})

it('names the search_path if none of its schemas exists', async () => {
  const sql = openClient({ connection: { search_path: randomName() } })
  const refused = await rejectionOf(migrate(sql))
  expect(refused).toMatchObject({ code: 'Backend', cause: { code: '3F000' } })
  expect(refused.message).toContain('search_path')
})

it('R6 leaves no transaction open on a client on which postgres.js sends begin without reserving a connection', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  // An option that the types of postgres.js do not know.
  const unpipelined = { max_pipeline: 0 }
  const sql = openClient({ max: 2, connection: { application_name: randomName() }, ...unpipelined })
  await migrate(sql, { schema })
  const open = await owner`select pid from pg_stat_activity
    where application_name = ${String(sql.options.connection.application_name)} and state like 'idle in transaction%'`
  expect(open).toHaveLength(0)
  const id = await pgSessions({ client: sql, schema }).create({ dataJson: '1', ttlMs: 60_000 })
  expect((await pgSessions({ client: owner, schema }).read(id)).dataJson).toBe('1')
})
