import { startPostgresPair, startPostgresProcess, type PostgresProcess } from '@bext-internal/test-services'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openDriver } from './helpers/drivers.js'
import { startLoad } from './helpers/load.js'
import { newTable, openClient, pollOptions, postgresUrl, randomName } from './helpers/database.js'

const timeoutMs = 1000
// Additional time for a busy machine.
const allowanceMs = 1500

describe('a server that stops and starts again', () => {
  let server: PostgresProcess

  beforeAll(async () => {
    server = await startPostgresProcess()
    const sql = postgres(server.url, { max: 1, onnotice: () => {} })
    await migrate(sql)
    await sql.end()
  })

  afterAll(() => server?.stop())

  it.each([
    ['fast', 'a URL'],
    ['immediate', 'a URL'],
    ['kill', 'a URL'],
    ['fast', 'a Pool of pg'],
    ['kill', 'a Pool of pg'],
  ] as const)(
    'E1 E4 E5 R6 H2 loses no acknowledged write and revives no session after the shutdown %s, with %s',
    async (how, given) => {
      const { url } = server
      const store = pgSessions(
        given === 'a URL' ? { url, timeoutMs } : { client: openDriver('pg', {}, url), timeoutMs },
      )
      onTestFinished(() => store.close())
      const load = startLoad(store)
      await expect.poll(load.written, pollOptions).toBeGreaterThan(200)
      await server.end(how)
      await expect.poll(() => load.codes.size, pollOptions).toBeGreaterThan(0)
      expect(await store.isHealthy()).toBe(false)
      await server.restart()
      const before = load.written()
      await expect.poll(load.written, pollOptions).toBeGreaterThan(before + 200)
      await load.stop()
      expect([...load.codes]).toEqual(['Backend'])
      expect(load.slowestMs()).toBeLessThan(timeoutMs + allowanceMs)
      expect(await store.isHealthy()).toBe(true)
      await load.verify(store)
    },
  )
})

describe('a standby that is promoted', () => {
  it('E4 E5 R6 H2 has every acknowledged write if commits wait for it, and the client connects to it', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    await pair.primary.ask('alter system set synchronous_standby_names = "*"')
    await pair.primary.ask('select pg_reload_conf()')
    const hosts = `127.0.0.1:${pair.primary.port},127.0.0.1:${pair.standby.port}`
    const url = `postgres://bext@${hosts}/postgres?target_session_attrs=read-write`
    const sql = openClient({ backoff: () => 0.1 }, url)
    await migrate(sql)
    const store = pgSessions({ client: sql, timeoutMs })
    const load = startLoad(store)
    await expect.poll(load.written, pollOptions).toBeGreaterThan(200)
    await pair.primary.end('kill')
    await pair.promote()
    const before = load.written()
    await expect.poll(load.written, { timeout: 30_000 }).toBeGreaterThan(before + 200)
    await load.stop()
    expect([...load.codes]).toEqual(['Backend'])
    expect(load.slowestMs()).toBeLessThan(timeoutMs + allowanceMs)
    await load.verify(store)
  })

  it('E4 refuses writes while it is read-only, and never reports sessions as missing', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    const sql = openClient({}, pair.primary.url)
    await migrate(sql)
    const id = await pgSessions({ client: sql }).create({ dataJson: '1', ttlMs: 600_000 })
    await pair.caughtUp()
    const store = pgSessions({ client: openClient({}, pair.standby.url), timeoutMs })
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

const killed =
  'E1 E4 R6 U4 loses no acknowledged write and revives no session while its connections are killed, with %s'

it.each(['a URL', 'a Pool of pg'])(killed, async (given) => {
  const sql = openClient()
  const table = await newTable(sql)
  const applicationName = randomName()
  const url = new URL(postgresUrl)
  url.searchParams.set('application_name', applicationName)
  const store = pgSessions(
    given === 'a URL' ? { url: url.href, table } : { client: openDriver('pg', {}, url.href), table },
  )
  onTestFinished(() => store.close())

  const load = startLoad(store)
  let ended = 0
  // A call fails only if its statement runs when its connection is killed.
  for (let kill = 1; kill <= 5 || (load.codes.size === 0 && kill <= 100); kill += 1) {
    const before = load.written()
    await expect.poll(load.written, { ...pollOptions, interval: 1 }).toBeGreaterThan(before + 100)
    const rows = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`
    ended += rows.length
  }
  await load.stop()
  expect(ended).toBeGreaterThan(0)
  expect([...load.codes]).toEqual(['Backend'])

  await expect.poll(() => store.isHealthy(), pollOptions).toBe(true)
  await load.verify(store)
})
