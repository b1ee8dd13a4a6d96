import { migrate, pgSessions, schemaSql } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it } from 'vitest'
import { newSchema, newTable, openClient, quoted, randomName, rejectionOf, rejectionsOf } from './support.js'

/** Everything that makes the table what it is, without the schema's name. */
async function describeTable(sql: postgres.Sql, schema: string, table: string): Promise<unknown> {
  const columns = await sql`
    select attname, format_type(atttypid, atttypmod), attnotnull, collname
    from pg_attribute left join pg_collation on pg_collation.oid = attcollation
    where attrelid = ${quoted({ schema, table })}::regclass and attnum > 0 order by attnum`
  const indexes = await sql`
    select indexname, replace(indexdef, ${`${schema}.`}, '') as definition
    from pg_indexes where schemaname = ${schema} and tablename = ${table} order by indexname`
  const options = await sql`select reloptions from pg_class where oid = ${quoted({ schema, table })}::regclass`
  return { columns: [...columns], indexes: [...indexes], options: [...options] }
}

it('lets twenty processes migrate at once, silently', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const notices: unknown[] = []
  const clients = Array.from({ length: 20 }, () => openClient({ max: 1, onnotice: (notice) => notices.push(notice) }))
  await Promise.all(clients.map((sql) => migrate(sql, { schema })))
  await migrate(owner, { schema })
  expect(notices).toEqual([])
  const store = pgSessions({ sql: owner, schema })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  await migrate(owner, { schema })
  expect((await store.read(id)).dataJson).toBe('{}')
})

it('makes what schemaSql says, with the index that touches stay clear of', async () => {
  const sql = openClient()
  const [byMigrate, byHand] = [await newSchema(sql), await newSchema(sql)]
  const table = randomName()
  await migrate(sql, { schema: byMigrate, table })
  await sql.unsafe(schemaSql({ schema: byHand, table }))
  await sql.unsafe(schemaSql({ schema: byHand, table }))
  const made = await describeTable(sql, byMigrate, table)
  expect(made).toEqual(await describeTable(sql, byHand, table))
  expect(made).toMatchObject({
    columns: [
      { attname: 'id', collname: 'C', attnotnull: true },
      { attname: 'user_id', collname: 'C', attnotnull: false },
      { attname: 'created_at_ms', format_type: 'bigint' },
      { attname: 'expires_at_ms', format_type: 'bigint' },
      { attname: 'data_json', format_type: 'text' },
    ],
    indexes: [{ indexname: `${table}_pkey` }, { indexname: `${table}_user_id_idx` }],
    options: [{ reloptions: ['fillfactor=90'] }],
  })
})

it('waits for nobody where the table is there', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  await sql.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in row exclusive mode`
    await migrate(sql, { table })
  })
})

const oddNames = [
  'My "Sessions"',
  'a.b',
  "o'brien; drop table x --",
  'select',
  '$1',
  'target',
  'session',
  'é'.repeat(24),
  ' ',
  'back\\slash',
  '%s_%',
]

it.each(oddNames)('I2 I3 keeps sessions in a schema and a table named %j', async (table) => {
  const sql = openClient()
  const schema = await newSchema(sql, `${table} ${randomName()}`.slice(0, 30))
  await migrate(sql, { schema, table })
  await migrate(sql, { schema, table: 'other' })
  const store = pgSessions({ sql, schema, table })
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.update(id, '2')
  await store.touch(id, 30_000)
  expect(await store.updateIfUnchanged(id, '2', '3')).toEqual({ outcome: 'updated', id })
  expect((await store.read(id)).dataJson).toBe('3')
  const other = pgSessions({ sql, schema, table: 'other' })
  expect((await rejectionOf(other.read(id))).code).toBe('NotFound')
  await other.endUserSessions('ann')
  expect(await store.listUserSessions('ann')).toHaveLength(1)
  expect(await store.sweep()).toEqual({ removed: 0, more: false })
  await store.endUserSessions('ann')
  await store.delete(id)
  expect((await rejectionOf(store.read(id))).code).toBe('NotFound')
})

it('E4 says to migrate where the table is missing', async () => {
  const store = pgSessions({ sql: openClient(), table: randomName() })
  const id = 'A'.repeat(43) as Parameters<typeof store.read>[0]
  const calls = [store.read(id), store.create({ dataJson: '{}', ttlMs: 1000 }), store.delete(id)]
  for (const error of await rejectionsOf(calls)) {
    expect(error).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42P01' } })
    expect(error.message).toContain('run migrate')
  }
})

it('says so where the schema is missing, or the table is somebody else’s', async () => {
  const sql = openClient()
  const noSchema = await rejectionOf(migrate(sql, { schema: randomName() }))
  expect(noSchema).toMatchObject({ code: 'Backend', message: expect.stringContaining('schema does not exist') })

  const schema = await newSchema(sql)
  await sql`create table ${sql(schema)}.sessions (id text primary key)`
  const foreign = await rejectionOf(migrate(sql, { schema }))
  expect(foreign).toMatchObject({ code: 'Backend', message: expect.stringContaining('choose another name') })
})
