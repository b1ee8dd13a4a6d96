import { migrate, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { newSchema, newTable, openClient, randomName, rejectionOf } from './support.js'

it('T4 touches and updates without a new index entry (HOT)', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ sql, table })
  const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
  for (let n = 1; n <= 8; n += 1) {
    await store.touch(id, 60_000 + n)
    await store.update(id, String(n))
  }
  const statistics = async () => {
    const [row] = await sql`
      select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = ${table}`
    return row
  }
  await expect.poll(statistics, { timeout: 20_000, interval: 200 }).toEqual({ updates: 16, hot: 16 })
})

it('T4 touches and updates many at once without a new index entry (HOT)', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ sql, table })
  // So few that all versions find room on one page, whatever transactions of other tests keep alive.
  const sessions = Array.from({ length: 10 }, () => store.create({ dataJson: '0', ttlMs: 60_000 }))
  const ids = await Promise.all(sessions)
  for (let round = 1; round <= 2; round += 1) {
    await Promise.all(ids.map((id) => store.touch(id, 60_000 + round)))
    await Promise.all(ids.map((id) => store.update(id, String(round))))
  }
  const statistics = async () => {
    const [row] = await sql`
      select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = ${table}`
    return row
  }
  await expect.poll(statistics, { timeout: 20_000, interval: 200 }).toEqual({ updates: 40, hot: 40 })
})

it('needs no right but to select, insert, update and delete, also to find its table migrated', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  await migrate(owner, { schema })
  const role = randomName()
  await owner`create role ${owner(role)}`
  onTestFinished(async () => {
    await owner`drop owned by ${owner(role)}`
    await owner`drop role ${owner(role)}`
  })
  await owner`grant usage on schema ${owner(schema)} to ${owner(role)}`
  const sql = openClient({ connection: { role } })
  const store = pgSessions({ sql, schema })
  const refused = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 1000 }))
  expect(refused.code).toBe('Backend')
  expect(refused.message).toContain('select, insert, update and delete')

  await owner`grant select, insert, update, delete on ${owner(schema)}.sessions to ${owner(role)}`
  await migrate(sql, { schema })
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.update(id, '2')
  await store.updateIfUnchanged(id, '2', '3')
  await store.touch(id, 60_000)
  expect((await store.read(id)).dataJson).toBe('3')
  await store.sweep()
  await store.endUserSessions('ann', { except: id })
  const [summary] = await store.listUserSessions('ann')
  await store.endUserSession('ann', String(summary?.handle))
  await store.delete(id)
  expect(await store.isHealthy()).toBe(true)
})

it('E1 takes the user’s own statement_timeout for a timeout', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const limited = pgSessions({ sql: openClient({ connection: { statement_timeout: 1000 } }), table, timeoutMs: 20_000 })
  const id = await limited.create({ dataJson: '{}', ttlMs: 60_000 })
  await sql.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in share mode`
    expect(await rejectionOf(limited.update(id, '1'))).toMatchObject({ code: 'Backend', reason: 'timeout' })
  })
})
