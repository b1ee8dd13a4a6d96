import type { PgSessions } from '@bext/session-pg'
import { pgSessions } from '@bext/session-pg'
import { expect, it } from 'vitest'
import { startStallingProxy } from './stalling-proxy.js'
import { newTable, openClient, patient, postgresUrl, randomName, rejectionOf, rejectionsOf } from './support.js'

async function reasonsOfAllCalls(store: PgSessions): Promise<Set<string>> {
  const id = 'A'.repeat(43) as Parameters<typeof store.read>[0]
  const calls = [
    store.create({ dataJson: '{}', ttlMs: 1000 }),
    store.read(id),
    store.update(id, '{}'),
    store.updateIfUnchanged(id, '{}', '{}'),
    store.touch(id, 1000),
    store.delete(id),
    store.listUserSessions('ann'),
    store.endUserSession('ann', id),
    store.endUserSessions('ann'),
    store.sweep(),
  ]
  const errors = await rejectionsOf(calls)
  return new Set(errors.map(({ code, reason }) => `${code} ${reason}`))
}

it('O3 ends the connections that it opened, and every call after it', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const applicationName = randomName()
  const url = new URL(postgresUrl)
  url.searchParams.set('application_name', applicationName)
  const connections = async () =>
    (await sql`select from pg_stat_activity where application_name = ${applicationName}`).length

  const store = pgSessions({ url: url.href, table })
  expect(await connections()).toBe(0)
  const id = await store.create({ dataJson: '"kept"', ttlMs: 60_000 })
  expect((await store.read(id)).dataJson).toBe('"kept"')
  expect(await connections()).toBeGreaterThan(0)

  await Promise.all([store.close(), store.close()])
  await store.close()
  await expect.poll(connections, patient).toBe(0)
  expect(await reasonsOfAllCalls(store)).toEqual(new Set(['Backend closed']))
  expect(await store.isHealthy()).toBe(false)
  expect((await pgSessions({ sql, table }).read(id)).dataJson).toBe('"kept"')
})

it('O3 leaves a client that it was handed open', async () => {
  const sql = openClient()
  const store = pgSessions({ sql, table: await newTable(sql) })
  await store.close()
  expect(await reasonsOfAllCalls(store)).toEqual(new Set(['Backend closed']))
  expect(await store.isHealthy()).toBe(false)
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
})

it('E5 O3 closes in bounded time while the server does not answer', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const proxy = await startStallingProxy()
  const store = pgSessions({ url: proxy.url, table })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  proxy.stall()
  const reading = rejectionOf(store.read(id))
  await store.close()
  expect((await reading).code).toBe('Backend')
})
