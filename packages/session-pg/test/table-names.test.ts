import { migrate, pgSessions } from '@bext/session-pg'
import { expect, it } from 'vitest'
import { newSchema, newTable, openClient, randomName, rejectionOf, rejectionsOf } from './helpers/database.js'

it('migrate does not wait for locks if the table is up to date', async () => {
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

it.each(oddNames)('I2 I3 stores sessions in a schema and a table named %j', async (table) => {
  const sql = openClient()
  const schema = await newSchema(sql, `${table} ${randomName()}`.slice(0, 30))
  await migrate(sql, { schema, table })
  await migrate(sql, { schema, table: 'other' })
  const store = pgSessions({ client: sql, schema, table })
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.update(id, '2')
  await store.touch(id, 30_000)
  expect(await store.updateIfUnchanged(id, '2', '3')).toEqual({ outcome: 'updated', id })
  expect((await store.read(id)).dataJson).toBe('3')
  const other = pgSessions({ client: sql, schema, table: 'other' })
  expect((await rejectionOf(other.read(id))).code).toBe('NotFound')
  await other.endUserSessions('ann')
  expect(await store.listUserSessions('ann')).toHaveLength(1)
  expect(await store.sweep()).toEqual({ removed: 0, more: false })
  await store.endUserSessions('ann')
  await store.delete(id)
  expect((await rejectionOf(store.read(id))).code).toBe('NotFound')
})

it('E4 says to run migrate if the table is missing', async () => {
  const store = pgSessions({ client: openClient(), table: randomName() })
  const id = 'A'.repeat(43) as Parameters<typeof store.read>[0]
  const calls = [store.read(id), store.create({ dataJson: '{}', ttlMs: 1000 }), store.delete(id)]
  for (const error of await rejectionsOf(calls)) {
    expect(error).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42P01' } })
    expect(error.message).toContain('Run migrate')
  }
})

it('says that the schema is missing', async () => {
  const noSchema = await rejectionOf(migrate(openClient(), { schema: randomName() }))
  expect(noSchema).toMatchObject({ code: 'Backend', message: expect.stringContaining('schema does not exist') })
})
