import { createServer, type AddressInfo } from 'node:net'
import { diagnosePg, migrate, pgSessions, type PgSessions } from '@bext/session-pg'
import type { SessionId } from '@bext/session-core'
import type postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import { driverNames, openDriver } from './helpers/drivers.js'
import { newTable, openClient, pollOptions, rejectionOf } from './helpers/database.js'

const calls: Readonly<Record<string, (store: PgSessions, id: SessionId) => Promise<unknown>>> = {
  read: (store, id) => store.read(id),
  update: (store, id) => store.update(id, '2'),
  create: (store) => store.create({ dataJson: '2', ttlMs: 60_000 }),
  listUserSessions: (store) => store.listUserSessions('ann'),
  isHealthy: async (store) => expect(await store.isHealthy()).toBe(true),
}

/** Terminates the only connection of the client while it runs a statement. */
async function breakConnection(sql: postgres.Sql, direct: postgres.Sql): Promise<void> {
  const [backend] = await sql`select pg_backend_pid() as pid`
  const pid = Number(backend?.['pid'])
  const slow = sql`select pg_sleep(60)`.then(
    () => 'done',
    () => 'failed',
  )
  await expect
    .poll(
      async () => (await direct`select from pg_stat_activity where pid = ${pid} and state = 'active'`).length,
      pollOptions,
    )
    .toBe(1)
  await direct`select pg_terminate_backend(${pid})`
  expect(await slow).toBe('failed')
}

// The driver rejects the first statement of a connection with the error that ended the previous one.
it.each(Object.entries(calls))(
  'E4 H2 %s does not fail with the error of the previous connection',
  async (_name, call) => {
    const direct = openClient()
    const table = await newTable(direct)
    const sql = openClient({ max: 1, backoff: () => 0 })
    const store = pgSessions({ client: sql, table })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    await breakConnection(sql, direct)
    await call(store, id)
  },
)

it('E4 migrate and the doctor do not fail with the error of the previous connection', async () => {
  const direct = openClient()
  const table = await newTable(direct)
  const sql = openClient({ max: 1, backoff: () => 0 })
  await breakConnection(sql, direct)
  await migrate(sql, { table })
  await breakConnection(sql, direct)
  expect(await diagnosePg(sql, { table, timeoutMs: 20_000 })).not.toHaveLength(0)
})

/** Starts a server that rejects each connection with this error. */
async function startRefusing(code: string): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const fields = `SFATAL\0VFATAL\0C${code}\0Mrefused\0\0`
  const header = Buffer.alloc(5)
  header.write('E')
  header.writeInt32BE(fields.length + 4, 1)
  const server = createServer((socket) => {
    asked += 1
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([header, Buffer.from(fields)])))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return { url: `postgres://bext@127.0.0.1:${(server.address() as AddressInfo).port}/bext`, asked: () => asked }
}

const rejections = ['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '53300', 'XX000']

it.each(driverNames.flatMap((driver) => rejections.map((code) => [driver, code] as const)))(
  'E1 over %s reports a connection rejected with %s as unavailable, and does not retry in a tight loop',
  async (driver, code) => {
    const { url, asked } = await startRefusing(code)
    const store = pgSessions({ client: openDriver(driver, { max: 1 }, url), timeoutMs: 500 })
    const error = await rejectionOf(store.create({ dataJson: '1', ttlMs: 1000 }))
    expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    expect(asked()).toBeLessThan(30)
  },
)
