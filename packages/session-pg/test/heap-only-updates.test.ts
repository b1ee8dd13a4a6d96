import { pgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it } from 'vitest'
import { newTable, openClient } from './helpers/database.js'

/** Expects the statistics of the table to count these updates, all of them heap-only. */
async function expectHotUpdates(sql: postgres.Sql, table: string, updates: number): Promise<void> {
  const counts = async () => {
    const [row] = await sql`
      select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = ${table}`
    return row
  }
  await expect.poll(counts, { timeout: 20_000, interval: 200 }).toEqual({ updates, hot: updates })
}

it('T4 touch and update write no new index entry (HOT)', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ client: sql, table })
  const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
  for (let n = 1; n <= 8; n += 1) {
    await store.touch(id, 60_000 + n)
    await store.update(id, String(n))
  }
  await expectHotUpdates(sql, table, 16)
})

it('T4 batches of touches and updates write no new index entry (HOT)', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ client: sql, table })
  // Few enough that all versions fit on one page, even if transactions of other tests keep old versions alive.
  const sessions = Array.from({ length: 10 }, () => store.create({ dataJson: '0', ttlMs: 60_000 }))
  const ids = await Promise.all(sessions)
  for (let round = 1; round <= 2; round += 1) {
    await Promise.all(ids.map((id) => store.touch(id, 60_000 + round)))
    await Promise.all(ids.map((id) => store.update(id, String(round))))
  }
  await expectHotUpdates(sql, table, 40)
})
