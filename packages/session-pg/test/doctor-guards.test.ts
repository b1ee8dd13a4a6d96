import { startPostgresPair } from '@bext-internal/test-services'
import type { Finding } from '@bext/session-core/doctor'
import { diagnosePg, migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import { newSchema, openClient, patient, quoted, randomName } from './support.js'

interface Patient {
  readonly sql: postgres.Sql
  readonly schema: string
  /** The quoted name, with the schema. */
  readonly table: string
  /** Resolves to what is wrong or to note, by the client that is given. */
  readonly complaints: (sql?: postgres.Sql) => Promise<readonly string[]>
}

async function newPatient(layout: LayoutOptions = {}): Promise<Patient> {
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
      // The servers of tests run without fsync, their role is a superuser, and other tests are slow.
      return findings
        .filter(
          ({ level, subject, found }) => level !== 'ok' && !/fsync|superuser/.test(found) && subject !== 'connections',
        )
        .map(({ level, found }) => `${level}: ${found}`)
    },
  }
}

const inTheWay = 'problem: one holds a column that calls change'
const notByUser = 'problem: there is none by user_id, or it is invalid'

it.each([{}, { partitions: 2 }])('finds nothing to say of a sound table, laid out by %j', async (layout) => {
  const { complaints } = await newPatient(layout)
  expect(await complaints()).toEqual([])
})

it.each([
  '(expires_at_ms)',
  '(created_at_ms) include (data_json)',
  '(created_at_ms) where expires_at_ms > 0',
  '((length(data_json)))',
  '(lower(user_id)) where length(data_json) > 1000',
  'using hash (expires_at_ms)',
])('tells of an index that turns updates into new entries: %s', async (definition) => {
  const { sql, table, complaints } = await newPatient()
  await sql.unsafe(`create index on ${table} ${definition}`)
  expect(await complaints()).toEqual([inTheWay])
})

it('tells of such an index of one partition', async () => {
  const { sql, schema, complaints } = await newPatient({ partitions: 2 })
  const [part] = await sql`select relname from pg_class
    where relnamespace = ${schema}::regnamespace and relispartition and relkind = 'r' limit 1`
  await sql.unsafe(`create index on ${quoted({ schema, table: String(part?.['relname']) })} (expires_at_ms)`)
  expect(await complaints()).toEqual([inTheWay])
})

it('tells of a BRIN index where the server does not update past it, which it does since 16', async () => {
  const { sql, table, complaints } = await newPatient()
  await sql.unsafe(`create index on ${table} using brin (expires_at_ms)`)
  const [version] = await sql`select current_setting('server_version_num')::int as number`
  expect(await complaints()).toEqual(version?.['number'] < 160_000 ? [inTheWay] : [])
  await sql.unsafe(`insert into ${table} values ('a', null, 0, 1, '1')`)
  for (let n = 0; n < 5; n += 1) await sql.unsafe(`update ${table} set expires_at_ms = expires_at_ms + 1`)
  const hot = async () => {
    const [row] = await sql`select n_tup_upd::int as updates, n_tup_hot_upd::int as hot
      from pg_stat_user_tables where relid = ${table}::regclass`
    return row
  }
  const expected = version?.['number'] < 160_000 ? 0 : 5
  await expect.poll(hot, { ...patient, interval: 200 }).toEqual({ updates: 5, hot: expected })
})

it.each([
  '(user_id) where created_at_ms > 0',
  '(user_id collate "und-x-icu")',
  '(lower(user_id))',
  'using brin (user_id)',
])('does not take an index that a search by user cannot use for one that it can: %s', async (definition) => {
  const { sql, schema, table, complaints } = await newPatient()
  const [index] = await sql`select relname from pg_class
      where relnamespace = ${schema}::regnamespace and relname like '%_user_id_idx'`
  await sql.unsafe(`drop index ${quoted({ schema, table: String(index?.['relname']) })}`)
  expect(await complaints()).toEqual([notByUser])
  await sql.unsafe(`create index on ${table} ${definition}`)
  expect(await complaints()).toEqual([notByUser])
  await sql.unsafe(`create index on ${table} (user_id, created_at_ms)`)
  expect(await complaints()).toEqual([])
})

it.each(['(id, created_at_ms)', '(id) deferrable'])(
  'tells of a primary key that a create cannot use: %s',
  async (key) => {
    const { sql, table, complaints } = await newPatient()
    const [constraint] = await sql`select quote_ident(conname) as name from pg_constraint
    where conrelid = ${table}::regclass and contype = 'p'`
    await sql.unsafe(`alter table ${table} drop constraint ${constraint?.['name']}, add primary key ${key}`)
    expect(await complaints()).toEqual(['problem: the primary key is not the column id alone'])
  },
)

it('tells of row level security, and whether it applies to the role', async () => {
  const { sql, schema, table, complaints } = await newPatient()
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
  expect(await complaints()).toEqual(['note: row level security is on'])
  // An owner passes by, unless it is forced.
  await sql.unsafe(`alter table ${table} owner to ${role}`)
  expect(await complaints(asRole)).toEqual(['note: row level security is on'])
  await sql.unsafe(`alter table ${table} force row level security`)
  expect(await complaints(asRole)).toEqual([applies])
})

it('tells of a schema that the role may not use, and is content with rights to the columns that calls write', async () => {
  const { sql, schema, table, complaints } = await newPatient()
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

it('is not misled by settings of the client', async () => {
  const { sql, table, complaints } = await newPatient({ partitions: 2 })
  const odd = {
    quote_all_identifiers: true,
    standard_conforming_strings: false,
    enable_nestloop: false,
    DateStyle: 'German',
  }
  expect(await complaints(openClient({ connection: odd }))).toEqual([])
  await sql.unsafe(`create index on ${table} ((length(data_json)))`)
  expect(await complaints(openClient({ connection: odd }))).toEqual([inTheWay])
})

it('tells of triggers that can keep rows, and of rules', async () => {
  const { sql, schema, table, complaints } = await newPatient({ partitions: 2 })
  await sql.unsafe(`create function ${quoted({ schema, table: 'f' })}() returns trigger language plpgsql
    as 'begin return null; end'`)
  const call = `execute function ${quoted({ schema, table: 'f' })}()`
  await sql.unsafe(`create trigger harmless after update on ${table} for each row ${call}`)
  expect(await complaints()).toEqual([])
  await sql.unsafe(`create trigger keeper before delete on ${table} for each row ${call}`)
  expect(await complaints()).toEqual(['note: triggers are called before each row: keeper'])
  await sql.unsafe(`alter table ${table} disable trigger keeper`)
  expect(await complaints()).toEqual([])
  await sql.unsafe(`create rule "Quiet" as on delete to ${table} do instead nothing`)
  expect(await complaints()).toEqual(['problem: rules rewrite its statements: "Quiet"'])
})

it('tells of columns that a create leaves empty though they may not be', async () => {
  const { sql, table, complaints } = await newPatient()
  await sql.unsafe(`alter table ${table} add "Tenant" int not null`)
  await sql.unsafe(`alter table ${table} add made_at timestamptz not null default now(), add note text`)
  await sql.unsafe(`alter table ${table} alter user_id set not null`)
  expect(await complaints()).toEqual(['problem: user_id, Tenant may not be null'])
})

it('tells of a view by the name of the table', async () => {
  const sql = openClient()
  const schema = await newSchema(sql)
  await sql`create view ${sql(schema)}.sessions as select 1 as id`
  const findings = await diagnosePg(sql, { schema })
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', found: expect.stringContaining('but no table') }),
  )
})

it('tells of a database that takes no writes', async () => {
  const findings = await diagnosePg(openClient({ connection: { default_transaction_read_only: true } }))
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', subject: 'role', found: 'default_transaction_read_only is on' }),
  )
})

it('tells of slow statements on connections that may be those of the store', async () => {
  const connection = { application_name: randomName() }
  const sql = openClient({ connection })
  const schema = await newSchema(sql)
  await migrate(sql, { schema })
  const company = async (): Promise<readonly string[]> =>
    (await diagnosePg(sql, { schema, timeoutMs: 20_000 }))
      .filter(({ level, found }) => level === 'note' && found.includes('something slow'))
      .map(({ found }) => found)
  expect(await company()).toEqual([])
  const slow = openClient({ connection })
  const [reserved, holder] = [await slow.reserve(), await slow.reserve()]
  await reserved`begin`
  // A lock that somebody holds, and a statement of the store that waits for it, say nothing of the store's company.
  await holder`begin`
  await holder.unsafe(`lock table ${quoted({ schema, table: 'sessions' })} in share row exclusive mode`)
  const waiting = pgSessions({ sql, schema, timeoutMs: 20_000 }).create({ dataJson: '1', ttlMs: 60_000 })
  await expect.poll(company, patient).toEqual([expect.stringMatching(/^1 connections of this role/)])
  await holder`rollback`
  await waiting
  await reserved`rollback`
  reserved.release()
  holder.release()
  expect(await company()).toEqual([])
})

it('tells of synchronous standbys that are missing', async () => {
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
      .poll(async () => (await sql`show synchronous_standby_names`)[0]?.['synchronous_standby_names'], patient)
      .toBe(names)
  }
  expect(await durability()).toEqual([])
  await waitFor('*')
  await expect.poll(() => durability(), patient).toEqual([])
  // A role that may not see the state of standbys sees how many there are.
  const watcher = openClient({ max: 1 }, url.href)
  await expect.poll(() => durability(watcher), patient).toEqual([])
  await waitFor('ANY 2 (*)')
  const one = { level: 'problem', found: '1 of 2 synchronous standbys are connected' }
  await expect.poll(() => durability(), patient).toMatchObject([one])
  expect(await durability(watcher)).toMatchObject([one])
  await waitFor('none, other')
  await expect.poll(() => durability(), patient).toMatchObject([{ found: '0 of 1 synchronous standbys are connected' }])
  expect(await durability(openClient({ connection: { synchronous_commit: 'local' } }, pair.primary.url))).toEqual([])
  await waitFor('')
  expect(await durability()).toEqual([])
})
