import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { asSessionId } from '@bext/session-core'
import { migrate, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { startStallingProxy } from './stalling-proxy.js'
import { newTable, openClient, patient, postgresUrl, rejectionOf, rejectionsOf } from './support.js'

/** A port where nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

it('E1 E4 H1 H2 says that the server cannot be reached, and serves once it is there', async () => {
  const direct = openClient()
  const table = await newTable(direct)
  const port = await freePort()
  const url = new URL(postgresUrl)
  url.host = `127.0.0.1:${port}`
  const store = pgSessions({ url: url.href, table })
  onTestFinished(() => store.close())

  const id = asSessionId('A'.repeat(43))
  const calls = [store.read(id), store.create({ dataJson: '{}', ttlMs: 1000 }), store.delete(id)]
  for (const error of await rejectionsOf(calls)) {
    expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable', cause: { code: 'ECONNREFUSED' } })
  }
  expect(await rejectionOf(migrate(openClient({}, url.href)))).toMatchObject({ code: 'Backend', reason: 'unavailable' })
  for (let attempt = 0; attempt < 20; attempt += 1) expect(await store.isHealthy()).toBe(false)

  await startStallingProxy(port)
  await expect.poll(() => store.isHealthy(), patient).toBe(true)
  const created = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  expect((await store.read(created)).dataJson).toBe('{}')
})

it('E1 takes a server that ends its connections for unavailable', async () => {
  const direct = openClient()
  const table = await newTable(direct)
  const sql = openClient({ max: 1 })
  const store = pgSessions({ sql, table, timeoutMs: 20_000 })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  const [backend] = await sql`select pg_backend_pid() as pid`
  await direct.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in share mode`
    const rejection = rejectionOf(store.update(id, '1'))
    await expect
      .poll(async () => {
        const [row] = await direct`select wait_event_type from pg_stat_activity where pid = ${backend?.['pid']}`
        return row?.['wait_event_type']
      }, patient)
      .toBe('Lock')
    await direct`select pg_terminate_backend(${backend?.['pid']})`
    expect(await rejection).toMatchObject({ code: 'Backend', reason: 'unavailable' })
  })
  await expect.poll(() => store.isHealthy(), patient).toBe(true)
  expect((await store.read(id)).dataJson).toBe('{}')
})
