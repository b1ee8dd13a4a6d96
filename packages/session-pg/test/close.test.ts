import { expectClosed } from '@bext-internal/test-services/test-helpers'
import { asSessionId, mintSessionId } from '@bext/session-core'
import { pgSessions } from '@bext/session-pg'
import { expect, it } from 'vitest'
import { counted, openDriver } from './helpers/drivers.js'
import {
  newTable,
  openClient,
  openProxy,
  pollOptions,
  postgresUrl,
  randomName,
  rejectionOf,
} from './helpers/database.js'

const unknownId = asSessionId('A'.repeat(43))

it('O3 ends the connections that the store opened; later calls fail', async () => {
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
  await expect.poll(connections, pollOptions).toBe(0)
  await expectClosed(store, unknownId)
  expect((await pgSessions({ client: sql, table }).read(id)).dataJson).toBe('"kept"')
})

it('O3 waits for calls of several steps', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ url: postgresUrl, table })
  const id = mintSessionId()
  await store.createWithId(id, { dataJson: '0', ttlMs: 60_000 })
  const creating = store.createWithId(id, { dataJson: '1', ttlMs: 60_000 })
  await Promise.all([store.close(), expect(creating).resolves.toEqual({ outcome: 'taken' })])
})

it('O3 waits for a call that waits for a lock', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const { client, sent } = counted(openDriver('postgres.js', { max: 1 }))
  const store = pgSessions({ client, table })
  const id = await store.create({ dataJson: '0', ttlMs: 60_000 })
  const { updating, closing } = await sql.begin(async (transaction) => {
    await transaction`select from ${transaction(table)} for update`
    const before = sent()
    const calls = { updating: store.update(id, '1'), closing: store.close() }
    // The third statement is the first that a waiting call sends.
    await expect.poll(sent, pollOptions).toBeGreaterThan(before + 2)
    return calls
  })
  expect(await updating).toBe(id)
  await closing
})

it('O3 does not end a client that was passed in', async () => {
  const sql = openClient()
  const store = pgSessions({ client: sql, table: await newTable(sql) })
  await store.close()
  await expectClosed(store, unknownId)
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
})

it('E5 O3 closes in bounded time while the server does not respond', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const proxy = await openProxy()
  const store = pgSessions({ url: proxy.url, table })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  proxy.stall()
  const reading = rejectionOf(store.read(id))
  await store.close()
  expect((await reading).code).toBe('Backend')
})
