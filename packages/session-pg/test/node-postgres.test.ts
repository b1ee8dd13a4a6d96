import { mintSessionId } from '@bext/session-core'
import { diagnosePg, migrate, pgSessions, startSweeping, type PgSessions } from '@bext/session-pg'
import { Client, Pool, types, type PoolConfig } from 'pg'
import oldestPg from 'pg-8.12'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  newTable,
  openClient,
  openProxy,
  pollOptions,
  postgresUrl,
  randomName,
  rejectionOf,
} from './helpers/database.js'

/** Creates a pool that ends with the test. */
function openPool(config: PoolConfig = {}, connectionString = postgresUrl, OwnPool = Pool): Pool {
  const pool = new OwnPool({ max: 4, connectionString, ...config })
  onTestFinished(() => pool.end())
  return pool
}

async function exercise(store: PgSessions): Promise<void> {
  const dataJson = '{"é":"😀\\u0000"}'
  const id = await store.create({ userId: '10', dataJson, ttlMs: 60_000 })
  const record = await store.read(id)
  expect(record).toEqual({ ...record, id, userId: '10', dataJson, expiresAtMs: record.createdAtMs + 60_000 })
  await store.touch(id, 120_000)
  expect(await store.updateIfUnchanged(id, dataJson, 'true')).toMatchObject({ outcome: 'updated' })
  expect(await store.listUserSessions('10')).toMatchObject([{ createdAtMs: record.createdAtMs }])
  const ids = await Promise.all([1, 2, 3].map((n) => store.create({ dataJson: String(n), ttlMs: 60_000 })))
  const records = await Promise.all([...ids, id].map((each) => store.read(each)))
  expect(records.map((each) => each.dataJson)).toEqual(['1', '2', '3', 'true'])
  await store.endUserSessions('10')
  await Promise.all(ids.map((each) => store.delete(each)))
  expect(await store.sweep()).toEqual({ removed: 0, more: false })
  expect(await store.isHealthy()).toBe(true)
}

/** Returns an upper-case version of every value, whatever its type. */
const shouting = { getTypeParser: () => (text: unknown) => String(text).toUpperCase() } as PoolConfig['types']

const pools: readonly [what: string, config: PoolConfig, OwnPool?: typeof Pool][] = [
  ['the oldest version of pg', {}, oldestPg.Pool],
  ['the defaults', {}],
  ['one connection', { max: 1 }],
  ['custom type parsers', { types: shouting }],
  ['pipelining', { pipeline: true }],
  ['connections that are replaced after each use', { maxUses: 1 }],
  ['all timeouts', { connectionTimeoutMillis: 5000, query_timeout: 5000, statement_timeout: 5000, lock_timeout: 5000 }],
  [
    'a time zone and an isolation level',
    { options: '-c TimeZone=Asia/Kolkata -c default_transaction_isolation=serializable' },
  ],
]

describe.each(pools)('a pool with %s', (_what, config, OwnPool) => {
  it('serves migrate, every call, the doctor and sweeping', async () => {
    const pool = openPool(config, postgresUrl, OwnPool)
    const table = randomName()
    await Promise.all([1, 2, 3].map(() => migrate(pool, { table })))
    onTestFinished(async () => {
      await openClient().unsafe(`drop table ${table}`)
    })
    const store = pgSessions({ client: pool, table, timeoutMs: 20_000 })
    await exercise(store)
    const findings = await diagnosePg(pool, { table, timeoutMs: 20_000 })
    expect(findings.filter(({ level, subject }) => level === 'problem' && subject !== 'durability')).toEqual([])
    expect(findings).toContainEqual(expect.objectContaining({ level: 'ok', subject: 'pooler' }))
    await startSweeping(store).stop()
    expect(pool.waitingCount).toBe(0)
    expect(pool.idleCount).toBe(pool.totalCount)
  })
})

it('R2 C6 type parsers that the application has set for all of pg change nothing', async () => {
  const original = types.getTypeParser(types.builtins.TEXT)
  types.setTypeParser(types.builtins.INT8, Number)
  types.setTypeParser(types.builtins.TEXT, (text) => text.trim().toUpperCase())
  onTestFinished(() => {
    types.setTypeParser(types.builtins.INT8, String)
    types.setTypeParser(types.builtins.TEXT, original)
  })
  await exercise(pgSessions({ client: openPool(), table: await newTable(openClient()), timeoutMs: 20_000 }))
})

it('migrate waits for a lock for longer than the query_timeout of the pool', async () => {
  const owner = openClient()
  const table = randomName()
  onTestFinished(async () => {
    await owner.unsafe(`drop table ${table}`)
  })
  const pool = openPool({ query_timeout: 100 })
  await owner
    .begin(async (transaction) => {
      await transaction`select pg_advisory_xact_lock(hashtextextended(${`@bext/session-pg "${table}"`}, 0))`
      const migrating = migrate(pool, { table })
      await transaction`select pg_sleep(0.3)`
      return { migrating }
    })
    .then(({ migrating }) => migrating)
  expect(await pgSessions({ client: pool, table }).isHealthy()).toBe(true)
})

it('R2 refuses a pool that returns binary values', async () => {
  const client = openPool({ binary: true } as PoolConfig)
  const error = await rejectionOf(pgSessions({ client }).create({ dataJson: '1', ttlMs: 1000 }))
  expect(error).toMatchObject({ code: 'Backend', reason: 'failed' })
  expect(String(error.cause)).toMatch(/without the option binary/)
})

it('refuses a single Client, and says why', () => {
  const client = new Client(postgresUrl)
  expect(() => pgSessions({ client: client as never })).toThrow(/a single Client of pg, .*Pass a Pool/)
})

it('E1 is unavailable once the pool has ended', async () => {
  const pool = new Pool({ connectionString: postgresUrl })
  await pool.end()
  const error = await rejectionOf(pgSessions({ client: pool }).create({ dataJson: '1', ttlMs: 1000 }))
  expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
})

it('E1 names the reason if the pool cannot connect in time', async () => {
  const proxy = await openProxy()
  const client = openPool({ connectionTimeoutMillis: 50 }, proxy.url)
  const store = pgSessions({ client, table: await newTable(openClient()) })
  proxy.stall()
  expect(await rejectionOf(store.create({ dataJson: '1', ttlMs: 1000 }))).toMatchObject({ reason: 'unavailable' })
  proxy.release()
  await expect.poll(() => store.isHealthy(), pollOptions).toBe(true)
})

describe('a connection of the pool', () => {
  it('E2 E5 that nobody releases in time: the call rejects, and its statement is not sent later', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    const pool = openPool({ max: 1 })
    const store = pgSessions({ client: pool, table, timeoutMs: 300 })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    const taken = await pool.connect()
    const sent = vi.spyOn(taken, 'query')
    const error = await rejectionOf(store.update(id, '2'))
    expect(error).toMatchObject({ code: 'Backend', reason: 'timeout' })
    expect(pool.waitingCount).toBeGreaterThan(0)
    taken.release()
    await expect.poll(() => pool.waitingCount, pollOptions).toBe(0)
    await expect.poll(() => pool.idleCount, pollOptions).toBe(1)
    expect(sent).not.toHaveBeenCalled()
    expect((await store.read(id)).dataJson).toBe('1')
  })

  it('E1 E5 that becomes free at the deadline: the call rejects with reason timeout', async () => {
    const pool = openPool()
    const table = await newTable(openClient())
    const timeoutMs = 200
    const store = pgSessions({ client: pool, table, timeoutMs })
    expect(await store.isHealthy()).toBe(true)
    const connect = pool.connect.bind(pool)
    pool.connect = (async () => {
      const connection = await connect()
      // Keeps the timer of the call from firing before the connection is handed out.
      const deadlineMs = performance.now() + timeoutMs
      while (performance.now() < deadlineMs);
      return connection
    }) as Pool['connect']
    expect(await rejectionOf(store.read(mintSessionId()))).toMatchObject({ code: 'Backend', reason: 'timeout' })
  })

  it('stays open when the server rejects a statement, which pool.query would close it for', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    await owner.unsafe(`alter table ${table} add constraint small check (data_json <> '"refused"')`)
    const pool = openPool({ max: 1 })
    const store = pgSessions({ client: pool, table, timeoutMs: 20_000 })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    const removed = vi.fn()
    pool.on('remove', removed)
    const error = await rejectionOf(store.update(id, '"refused"'))
    expect(error).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '23514' } })
    await store.update(id, '2')
    expect(removed).not.toHaveBeenCalled()
  })

  it('E2 R6 in an open transaction, released too early by the application, is replaced', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    const pool = openPool({ max: 1 })
    const store = pgSessions({ client: pool, table, timeoutMs: 20_000 })
    for (const statement of ['select 1', 'select 1 / 0']) {
      const leaking = await pool.connect()
      await leaking.query('begin')
      await leaking.query(statement).catch(() => {})
      leaking.release()
      const id = await store.create({ dataJson: '"seen by all"', ttlMs: 60_000 })
      expect((await pgSessions({ client: owner, table }).read(id)).dataJson).toBe('"seen by all"')
    }
  })

  it.each(['discard all', 'alter table … alter column data_json type varchar'])(
    'that has outdated prepared statements is replaced: %s',
    async (statement) => {
      const owner = openClient()
      const table = await newTable(owner)
      const pool = openPool({ max: 1 })
      const store = pgSessions({ client: pool, table, timeoutMs: 20_000 })
      const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
      await store.read(id)
      await pool.query(statement.replace('…', table))
      for (let round = 0; round < 3; round += 1) expect((await store.read(id)).dataJson).toBe('1')
      await store.update(id, '2')
      expect((await store.read(id)).dataJson).toBe('2')
    },
  )

  it('H2 that the server ends while it is idle does not end the process', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    const applicationName = randomName()
    const pool = openPool({ application_name: applicationName })
    const store = pgSessions({ client: pool, table, timeoutMs: 20_000 })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    await owner`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`
    await expect.poll(() => pool.totalCount, pollOptions).toBe(0)
    expect((await store.read(id)).dataJson).toBe('1')
    // Several stores over one pool share one listener.
    for (let n = 0; n < 20; n += 1) pgSessions({ client: pool, table })
    expect(pool.listenerCount('error')).toBe(1)
  })

  it('E1 that the server ends while a statement runs: the call fails as unavailable, and the next one does not', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    const applicationName = randomName()
    const client = openPool({ max: 1, application_name: applicationName })
    const store = pgSessions({ client, table, timeoutMs: 20_000 })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    await owner.begin(async (transaction) => {
      await transaction`lock table ${transaction(table)} in share mode`
      const rejection = rejectionOf(store.update(id, '2'))
      await expect
        .poll(async () => {
          const rows = await owner`select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = ${applicationName} and wait_event_type = 'Lock'`
          return rows.length
        }, pollOptions)
        .toBe(1)
      expect(await rejection).toMatchObject({ code: 'Backend', reason: 'unavailable' })
      expect((await store.read(id)).dataJson).toBe('1')
    })
  })

  it('E5 that hangs is closed by query_timeout, and replaced', async () => {
    const table = await newTable(openClient())
    const proxy = await openProxy()
    const pool = openPool({ max: 1, query_timeout: 100 }, proxy.url)
    const store = pgSessions({ client: pool, table, timeoutMs: 500 })
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    proxy.abandon()
    const error = await rejectionOf(store.read(id))
    expect(error).toMatchObject({ code: 'Backend', reason: 'timeout' })
    expect((await store.read(id)).dataJson).toBe('1')
  })

  it('is prepared for once a statement, under a name for each text', async () => {
    const table = await newTable(openClient())
    const pool = openPool({ max: 1 })
    const stores = [1, 2].map(() => pgSessions({ client: pool, table, timeoutMs: 20_000 }))
    for (const store of stores) for (let round = 0; round < 3; round += 1) await exercise(store)
    const { rows } = await pool.query<{ name: string; statement: string }>(
      'select name, statement from pg_prepared_statements',
    )
    expect(new Set(rows.map(({ statement }) => statement)).size).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.length).toBeLessThan(20)
    for (const { name } of rows) expect(name).toMatch(/^bext_.{43}$/)
  })
})
