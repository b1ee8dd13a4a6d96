import { pgSessions } from '@bext/session-pg'
import { expect, test } from 'vitest'
import { newTable, openClient, randomName } from './support.js'

test('H1 a store is healthy with its table, and not without', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  expect(await pgSessions({ sql, table }).isHealthy()).toBe(true)
  const missing = pgSessions({ sql, table: randomName() })
  expect(await missing.isHealthy()).toBe(false)
  await expect(missing.create({ dataJson: '{}', ttlMs: 1000 })).rejects.toMatchObject({ code: 'Backend' })
})

test('H2 a store is healthy again once the table is there', async () => {
  const sql = openClient()
  const [table, away] = [await newTable(sql), randomName()]
  const store = pgSessions({ sql, table })
  await sql`alter table ${sql(table)} rename to ${sql(away)}`
  expect(await store.isHealthy()).toBe(false)
  await sql`alter table ${sql(away)} rename to ${sql(table)}`
  expect(await store.isHealthy()).toBe(true)
})
