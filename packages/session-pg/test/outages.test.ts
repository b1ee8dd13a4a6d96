import { startProxy } from '@bext-internal/test-services'
import { asSessionId } from '@bext/session-core'
import { migrate, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import {
  newTable,
  openClient,
  openProxy,
  pollOptions,
  postgresUrl,
  randomName,
  rejectionOf,
  rejectionsOf,
} from './helpers/database.js'

it('E1 E4 H1 H2 reports an unreachable server, and recovers when it is back', async () => {
  const direct = openClient()
  const table = await newTable(direct)
  const unreachable = await startProxy(postgresUrl)
  await unreachable.close()
  const { url } = unreachable
  const store = pgSessions({ url, table })
  onTestFinished(() => store.close())

  const id = asSessionId('A'.repeat(43))
  const calls = [store.read(id), store.create({ dataJson: '{}', ttlMs: 1000 }), store.delete(id)]
  for (const error of await rejectionsOf(calls)) {
    expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable', cause: { code: 'ECONNREFUSED' } })
  }
  expect(await rejectionOf(migrate(openClient({}, url)))).toMatchObject({ code: 'Backend', reason: 'unavailable' })
  for (let attempt = 0; attempt < 20; attempt += 1) expect(await store.isHealthy()).toBe(false)

  await openProxy(Number(new URL(url).port))
  await expect.poll(() => store.isHealthy(), pollOptions).toBe(true)
  const created = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  expect((await store.read(created)).dataJson).toBe('{}')
})

it('E1 reports a server that ends its connections as unavailable', async () => {
  const direct = openClient()
  const table = await newTable(direct)
  const sql = openClient({ max: 1 })
  const store = pgSessions({ client: sql, table, timeoutMs: 20_000 })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  const [backend] = await sql`select pg_backend_pid() as pid`
  await direct.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in share mode`
    const rejection = rejectionOf(store.update(id, '1'))
    await expect
      .poll(async () => {
        const [row] = await direct`select wait_event_type from pg_stat_activity where pid = ${backend?.['pid']}`
        return row?.['wait_event_type']
      }, pollOptions)
      .toBe('Lock')
    await direct`select pg_terminate_backend(${backend?.['pid']})`
    expect(await rejection).toMatchObject({ code: 'Backend', reason: 'unavailable' })
  })
  await expect.poll(() => store.isHealthy(), pollOptions).toBe(true)
  expect((await store.read(id)).dataJson).toBe('{}')
})

it('H1 is healthy with its table, and not without', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  expect(await pgSessions({ client: sql, table }).isHealthy()).toBe(true)
  const missing = pgSessions({ client: sql, table: randomName() })
  expect(await missing.isHealthy()).toBe(false)
  await expect(missing.create({ dataJson: '{}', ttlMs: 1000 })).rejects.toMatchObject({ code: 'Backend' })
})

it('H2 is healthy again once the table exists again', async () => {
  const sql = openClient()
  const [table, away] = [await newTable(sql), randomName()]
  const store = pgSessions({ client: sql, table })
  await sql`alter table ${sql(table)} rename to ${sql(away)}`
  expect(await store.isHealthy()).toBe(false)
  await sql`alter table ${sql(away)} rename to ${sql(table)}`
  expect(await store.isHealthy()).toBe(true)
})
