import { startPostgresPair } from '@bext-internal/test-services'
import type { Finding } from '@bext/session-core/doctor'
import { diagnosePg, migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import { newSchema, openClient, pollOptions, quoted, randomName } from './helpers/database.js'

interface Target {
  readonly sql: postgres.Sql
  readonly schema: string
  /** The quoted name, with the schema. */
  readonly table: string
  /** Resolves to the problems and notes that the doctor finds with this client. */
  readonly complaints: (sql?: postgres.Sql) => Promise<readonly string[]>
}

async function newTarget(layout: LayoutOptions = {}): Promise<Target> {
  const sql = openClient()
  const schema = await newSchema(sql)
  const name = randomName()
  await migrate(sql, { ...layout, schema, table: name })
  return {
    sql,
    schema,
    table: quoted({ schema, table: name }),
    async complaints(client = sql) {
      const findings = await diagnosePg(client, { schema, table: name, timeoutMs: 20_000 })
      // The servers of tests run without fsync, the role is a superuser, and other tests run slow statements.
      return findings
        .filter(
          ({ level, subject, found }) => level !== 'ok' && !/fsync|superuser/.test(found) && subject !== 'connections',
        )
        .map(({ level, found }) => `${level}: ${found}`)
    },
  }
}

const preventsHot = 'problem: an index contains expires_at_ms or data_json'
const noIndexByUser = 'problem: there is no valid index by user_id'

it.each([{}, { partitions: 2 }])('reports nothing about a sound table with the layout %j', async (layout) => {
  const { complaints } = await newTarget(layout)
  expect(await complaints()).toEqual([])
})

it.each([
  '(expires_at_ms)',
  '(created_at_ms) include (data_json)',
  '(created_at_ms) where expires_at_ms > 0',
  '((length(data_json)))',
  '(lower(user_id)) where length(data_json) > 1000',
  'using hash (expires_at_ms)',
])('reports an index that prevents heap-only updates: %s', async (definition) => {
  const { sql, table, complaints } = await newTarget()
  await sql.unsafe(`create index on ${table} ${definition}`)
  expect(await complaints()).toEqual([preventsHot])
})

it('reports an index of one partition that prevents heap-only updates', async () => {
  const { sql, schema, complaints } = await newTarget({ partitions: 2 })
  const [part] = await sql`select relname from pg_class
    where relnamespace = ${schema}::regnamespace and relispartition and relkind = 'r' limit 1`
  await sql.unsafe(`create index on ${quoted({ schema, table: String(part?.['relname']) })} (expires_at_ms)`)
  expect(await complaints()).toEqual([preventsHot])
})

it('reports a BRIN index only before version 16, since which updates past it are heap-only', async () => {
  const { sql, table, complaints } = await newTarget()
  await sql.unsafe(`create index on ${table} using brin (expires_at_ms)`)
  const [version] = await sql`select current_setting('server_version_num')::int as number`
  expect(await complaints()).toEqual(version?.['number'] < 160_000 ? [preventsHot] : [])
  await sql.unsafe(`insert into ${table} values ('a', null, 0, 1, '1')`)
  for (let n = 0; n < 5; n += 1) await sql.unsafe(`update ${table} set expires_at_ms = expires_at_ms + 1`)
  const hot = async () => {
    const [row] = await sql`select n_tup_upd::int as updates, n_tup_hot_upd::int as hot
      from pg_stat_user_tables where relid = ${table}::regclass`
    return row
  }
  const expected = version?.['number'] < 160_000 ? 0 : 5
  await expect.poll(hot, { ...pollOptions, interval: 200 }).toEqual({ updates: 5, hot: expected })
})

it.each([
  '(user_id) where created_at_ms > 0',
  '(user_id collate "und-x-icu")',
  '(lower(user_id))',
  'using brin (user_id)',
])('does not accept an index that a search by user cannot use: %s', async (definition) => {
  const { sql, schema, table, complaints } = await newTarget()
  const [index] = await sql`select relname from pg_class
      where relnamespace = ${schema}::regnamespace and relname like '%_user_id_idx'`
  await sql.unsafe(`drop index ${quoted({ schema, table: String(index?.['relname']) })}`)
  expect(await complaints()).toEqual([noIndexByUser])
  await sql.unsafe(`create index on ${table} ${definition}`)
  expect(await complaints()).toEqual([noIndexByUser])
  await sql.unsafe(`create index on ${table} (user_id, created_at_ms)`)
  expect(await complaints()).toEqual([])
})

it.each(['(id, created_at_ms)', '(id) deferrable'])('reports a primary key that create cannot use: %s', async (key) => {
  const { sql, table, complaints } = await newTarget()
  const [constraint] = await sql`select quote_ident(conname) as name from pg_constraint
    where conrelid = ${table}::regclass and contype = 'p'`
  await sql.unsafe(`alter table ${table} drop constraint ${constraint?.['name']}, add primary key ${key}`)
  expect(await complaints()).toEqual(['problem: the primary key is not the column id alone'])
})

it('reports row level security, and whether it applies to the role', async () => {
  const { sql, schema, table, complaints } = await newTarget()
  const role = randomName()
  await sql`create role ${sql(role)}`
  onTestFinished(async () => {
    await sql`drop owned by ${sql(role)}`
    await sql`drop role ${sql(role)}`
  })
  await sql`grant usage on schema ${sql(schema)} to ${sql(role)}`
  await sql.unsafe(`grant select, insert, update, delete on ${table} to ${role}`)
  const asRole = openClient({ connection: { role } })
  expect(await complaints(asRole)).toEqual([])
  await sql.unsafe(`alter table ${table} enable row level security`)
  await sql.unsafe(`create policy p on ${table} for select using (true)`)
  const applies = 'problem: row level security applies to the role'
  expect(await complaints(asRole)).toEqual([applies])
  expect(await complaints()).toEqual(['warning: row level security is on'])
  // It does not apply to the owner unless it is forced.
  await sql.unsafe(`alter table ${table} owner to ${role}`)
  expect(await complaints(asRole)).toEqual(['warning: row level security is on'])
  await sql.unsafe(`alter table ${table} force row level security`)
  expect(await complaints(asRole)).toEqual([applies])
})

it('reports a schema that the role may not use, and accepts rights to only the columns that calls write', async () => {
  const { sql, schema, table, complaints } = await newTarget()
  const role = randomName()
  await sql`create role ${sql(role)}`
  onTestFinished(async () => {
    await sql`drop owned by ${sql(role)}`
    await sql`drop role ${sql(role)}`
  })
  const asRole = openClient({ connection: { role } })
  expect(await complaints(asRole)).toEqual(['problem: the role lacks usage on the schema'])
  await sql`grant usage on schema ${sql(schema)} to ${sql(role)}`
  await sql.unsafe(
    `grant select, delete, insert (id, user_id, created_at_ms, expires_at_ms, data_json) on ${table} to ${role}`,
  )
  await sql.unsafe(`grant update (data_json) on ${table} to ${role}`)
  expect(await complaints(asRole)).toEqual(['problem: the role lacks update'])
  await sql.unsafe(`grant update (expires_at_ms) on ${table} to ${role}`)
  expect(await complaints(asRole)).toEqual([])
})

it('does not depend on settings of the client', async () => {
  const { sql, table, complaints } = await newTarget({ partitions: 2 })
  const odd = {
    quote_all_identifiers: true,
    standard_conforming_strings: false,
    enable_nestloop: false,
    DateStyle: 'German',
  }
  expect(await complaints(openClient({ connection: odd }))).toEqual([])
  await sql.unsafe(`create index on ${table} ((length(data_json)))`)
  expect(await complaints(openClient({ connection: odd }))).toEqual([preventsHot])
})

it('reports triggers that can keep the server from writing rows, and rules', async () => {
  const { sql, schema, table, complaints } = await newTarget({ partitions: 2 })
  await sql.unsafe(`create function ${quoted({ schema, table: 'f' })}() returns trigger language plpgsql
    as 'begin return null; end'`)
  const call = `execute function ${quoted({ schema, table: 'f' })}()`
  await sql.unsafe(`create trigger harmless after update on ${table} for each row ${call}`)
  expect(await complaints()).toEqual([])
  await sql.unsafe(`create trigger keeper before delete on ${table} for each row ${call}`)
  expect(await complaints()).toEqual(['warning: triggers are called before each row: keeper'])
  await sql.unsafe(`alter table ${table} disable trigger keeper`)
  expect(await complaints()).toEqual([])
  await sql.unsafe(`create rule "Quiet" as on delete to ${table} do instead nothing`)
  expect(await complaints()).toEqual(['problem: rules rewrite its statements: "Quiet"'])
})

it('reports columns that create leaves empty but that may not be null', async () => {
  const { sql, table, complaints } = await newTarget()
  await sql.unsafe(`alter table ${table} add "Tenant" int not null`)
  await sql.unsafe(`alter table ${table} add made_at timestamptz not null default now(), add note text`)
  await sql.unsafe(`alter table ${table} alter user_id set not null`)
  expect(await complaints()).toEqual(['problem: user_id, Tenant may not be null'])
})

it('reports a view with the name of the table', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  await sql`create view ${sql(schema)}.sessions as select 1 as id`
  const findings = await diagnosePg(sql, { schema })
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', found: expect.stringContaining('not a table') }),
  )
})

it('reports a database that accepts no writes', async () => {
  const findings = await diagnosePg(openClient({ connection: { default_transaction_read_only: true } }))
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', subject: 'role', found: 'default_transaction_read_only is on' }),
  )
})

it('reports slow statements on connections that may belong to the client of the store', async () => {
  const connection = { application_name: randomName() }
  const sql = openClient({ connection })
  const schema = await newSchema(sql)
  await migrate(sql, { schema })
  const slowStatements = async (): Promise<readonly string[]> =>
    (await diagnosePg(sql, { schema, timeoutMs: 20_000 }))
      .filter(({ level, found }) => level === 'warning' && found.includes('slow statements'))
      .map(({ found }) => found)
  expect(await slowStatements()).toEqual([])
  const slow = openClient({ connection })
  const [reserved, holder] = [await slow.reserve(), await slow.reserve()]
  await reserved`begin`
  // A transaction that holds a lock is slow, but a statement of the store that waits for it is not reported.
  await holder`begin`
  await holder.unsafe(`lock table ${quoted({ schema, table: 'sessions' })} in share row exclusive mode`)
  const waiting = pgSessions({ client: sql, schema, timeoutMs: 20_000 }).create({ dataJson: '1', ttlMs: 60_000 })
  await expect.poll(slowStatements, pollOptions).toEqual([expect.stringMatching(/^1 connections of this role/)])
  await holder`rollback`
  await waiting
  await reserved`rollback`
  reserved.release()
  holder.release()
  expect(await slowStatements()).toEqual([])
})

it('reports missing synchronous standbys', async () => {
  const pair = await startPostgresPair()
  onTestFinished(() => pair.stop())
  const sql = openClient({}, pair.primary.url)
  await sql`create role watcher login`
  const url = new URL(pair.primary.url)
  url.username = 'watcher'
  const durability = async (client = sql): Promise<readonly Finding[]> =>
    (await diagnosePg(client)).filter(({ subject, found }) => subject === 'durability' && found.includes('standby'))
  async function waitFor(names: string): Promise<void> {
    await pair.primary.ask(`alter system set synchronous_standby_names = '${names}'`)
    await pair.primary.ask('select pg_reload_conf()')
    await expect
      .poll(async () => (await sql`show synchronous_standby_names`)[0]?.['synchronous_standby_names'], pollOptions)
      .toBe(names)
  }
  expect(await durability()).toEqual([])
  await waitFor('*')
  await expect.poll(() => durability(), pollOptions).toEqual([])
  // A role that may not see the state of standbys still sees their number.
  const watcher = openClient({ max: 1 }, url.href)
  await expect.poll(() => durability(watcher), pollOptions).toEqual([])
  await waitFor('ANY 2 (*)')
  const one = { level: 'problem', found: '1 of 2 synchronous standbys are connected' }
  await expect.poll(() => durability(), pollOptions).toMatchObject([one])
  expect(await durability(watcher)).toMatchObject([one])
  await waitFor('none, other')
  await expect
    .poll(() => durability(), pollOptions)
    .toMatchObject([{ found: '0 of 1 synchronous standbys are connected' }])
  expect(await durability(openClient({ connection: { synchronous_commit: 'local' } }, pair.primary.url))).toEqual([])
  await waitFor('')
  expect(await durability()).toEqual([])
})
