import { startPostgresPair, startPostgresProcess, type PostgresProcess } from '@bext-internal/test-services'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startLoad } from './load.js'
import { openClient, patient } from './support.js'

const timeoutMs = 1000
// What a busy machine may add.
const allowanceMs = 1500

describe('a server that goes away and comes back', () => {
  let server: PostgresProcess

  beforeAll(async () => {
    server = await startPostgresProcess()
    const sql = postgres(server.url, { max: 1, onnotice: () => {} })
    await migrate(sql)
    await sql.end()
  })

  afterAll(() => server?.stop())

  it.each(['fast', 'immediate', 'kill'] as const)(
    'E1 E4 E5 R6 H2 loses no acknowledged write and revives no session when it ends by: %s',
    async (how) => {
      const store = pgSessions({ url: server.url, timeoutMs })
      onTestFinished(() => store.close())
      const load = startLoad(store)
      await expect.poll(load.written, patient).toBeGreaterThan(200)
      await server.end(how)
      await expect.poll(() => load.codes.size, patient).toBeGreaterThan(0)
      expect(await store.isHealthy()).toBe(false)
      await server.restart()
      const before = load.written()
      await expect.poll(load.written, patient).toBeGreaterThan(before + 200)
      await load.stop()
      expect([...load.codes]).toEqual(['Backend'])
      expect(load.slowestMs()).toBeLessThan(timeoutMs + allowanceMs)
      expect(await store.isHealthy()).toBe(true)
      await load.verify(store)
    },
  )
})

describe('a standby that takes over', () => {
  it('E4 E5 R6 H2 has every acknowledged write, if commits wait for it, and is found by the client', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    await pair.primary.ask('alter system set synchronous_standby_names = "*"')
    await pair.primary.ask('select pg_reload_conf()')
    const hosts = `127.0.0.1:${pair.primary.port},127.0.0.1:${pair.standby.port}`
    const url = `postgres://bext@${hosts}/postgres?target_session_attrs=read-write`
    const sql = openClient({ backoff: () => 0.1 }, url)
    await migrate(sql)
    const store = pgSessions({ sql, timeoutMs })
    const load = startLoad(store)
    await expect.poll(load.written, patient).toBeGreaterThan(200)
    await pair.primary.end('kill')
    await pair.promote()
    const before = load.written()
    await expect.poll(load.written, { timeout: 30_000 }).toBeGreaterThan(before + 200)
    await load.stop()
    expect([...load.codes]).toEqual(['Backend'])
    expect(load.slowestMs()).toBeLessThan(timeoutMs + allowanceMs)
    await load.verify(store)
  })

  it('E4 is not taken for a store that has lost its sessions, while it is read-only', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    const sql = openClient({}, pair.primary.url)
    await migrate(sql)
    const id = await pgSessions({ sql }).create({ dataJson: '1', ttlMs: 600_000 })
    await pair.caughtUp()
    const store = pgSessions({ sql: openClient({}, pair.standby.url), timeoutMs })
    expect((await store.read(id)).dataJson).toBe('1')
    const refused = store.update(id, '2')
    await expect(refused).rejects.toMatchObject({ code: 'Backend', reason: 'unavailable', cause: { code: '25006' } })
    await expect(store.delete(id)).rejects.toMatchObject({ code: 'Backend' })
    await pair.primary.end('kill')
    await pair.promote()
    await store.update(id, '3')
    expect((await store.read(id)).dataJson).toBe('3')
  })
})
