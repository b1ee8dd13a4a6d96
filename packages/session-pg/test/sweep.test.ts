import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pgSessions, startSweeping } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import { newTable, openClient, pollOptions, postgresUrl, randomName } from './helpers/database.js'

interface Counted {
  calls: number
  close(): Promise<void>
  sweep(): ReturnType<ReturnType<typeof pgSessions>['sweep']>
}

/** Inserts rows, of which every second one has expired. */
async function fill(sql: postgres.Sql, table: string, rows: number): Promise<void> {
  await sql`insert into ${sql(table)} (id, created_at_ms, expires_at_ms, data_json)
    select n, 0, case when n % 2 = 0 then 1 else 9e15 end, repeat('1', 200) from generate_series(1, ${rows}) as n`
}

it('O2 sweeps a large table in short statements, and removes every expired record', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  await fill(sql, table, 60_000)
  let statements = 0
  const noting = openClient({ debug: (_connection, text) => (statements += text.includes('skip locked') ? 1 : 0) })
  const store = pgSessions({ client: noting, table, timeoutMs: 20_000 })
  let removed = 0
  for (let more = true; more;) {
    const swept = await store.sweep({ maxRecords: 7000 })
    expect(swept.removed).toBeLessThanOrEqual(7000)
    removed += swept.removed
    more = swept.more
  }
  expect(removed).toBe(30_000)
  expect(statements).toBeGreaterThan(4)
  expect(await sql`select from ${sql(table)}`).toHaveLength(30_000)
  expect(await store.sweep()).toEqual({ removed: 0, more: false })
})

it('O2 reads only a part of the table with each statement', async () => {
  const sql = openClient({ max: 1 })
  const table = await newTable(sql)
  await fill(sql, table, 30_000)
  const plan = await sql`explain select from ${sql(table)}
    where ctid >= ${'(500,0)'}::text::tid and ctid < ${'(1000,0)'}::text::tid`
  expect(JSON.stringify(plan)).toContain('Tid Range Scan')
})

it('O2 sweeps in the background, from several stores, until it is stopped', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  await fill(sql, table, 1000)
  const sweepings = [1, 2, 3].map(() =>
    startSweeping(pgSessions({ client: sql, table }), { everyMs: 20, maxRecords: 50 }),
  )
  await expect.poll(async () => (await sql`select from ${sql(table)}`).length, pollOptions).toBe(500)
  await Promise.all(sweepings.map((sweeping) => sweeping.stop()))
  await sql`update ${sql(table)} set expires_at_ms = 1`
  expect(await sql`select from ${sql(table)}`).toHaveLength(500)
})

it('O2 calls onError with the error, and continues', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const away = randomName()
  await fill(sql, table, 10)
  await sql`alter table ${sql(table)} rename to ${sql(away)}`
  const errors: unknown[] = []
  const options = { everyMs: 20, onError: (error: unknown) => errors.push(error) }
  const sweeping = startSweeping(pgSessions({ client: sql, table }), options)
  onTestFinished(() => sweeping.stop())
  await expect.poll(() => errors.length, pollOptions).toBeGreaterThan(0)
  expect(errors[0]).toMatchObject({ code: 'Backend', reason: 'failed' })
  await sql`alter table ${sql(away)} rename to ${sql(table)}`
  await expect.poll(async () => (await sql`select from ${sql(table)}`).length, pollOptions).toBe(5)
})

it('O2 keeps no process alive', async () => {
  const code = `
    import { pgSessions, startSweeping } from '@bext/session-pg'
    startSweeping(pgSessions({ url: ${JSON.stringify(postgresUrl)} }))`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    stdio: 'inherit',
  })
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('O2 O3 stops when the store is closed', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const [closed, open] = [0, 1].map(() => {
    const store = pgSessions({ client: sql, table })
    const counted = {
      calls: 0,
      close: () => store.close(),
      sweep() {
        counted.calls += 1
        return store.sweep()
      },
    }
    return counted
  }) as [Counted, Counted]
  await closed.close()
  const errors: unknown[] = []
  const options = { everyMs: 1, onError: (error: unknown) => errors.push(error) }
  const sweepings = [closed, open].map((store) => startSweeping(store, options))
  await expect.poll(() => closed.calls, pollOptions).toBe(1)
  await expect.poll(() => open.calls, pollOptions).toBeGreaterThan(10)
  await Promise.all(sweepings.map((sweeping) => sweeping.stop()))
  expect(closed.calls).toBe(1)
  expect(errors).toEqual([])
})

it('rejects wrong options with a TypeError', () => {
  const store = pgSessions({ client: openClient() })
  expect(() => startSweeping(store, { everyMs: 0 })).toThrow(/startSweeping: option everyMs must be a positive/)
  expect(() => startSweeping(store, { maxRecords: 1.5 })).toThrow(/option maxRecords must be a positive/)
  expect(() => startSweeping(store, { every: 1 } as object)).toThrow(/no option "every"/)
  expect(() => startSweeping(store, { onError: 1 } as object)).toThrow(/option onError must be a function/)
  expect(() => startSweeping({} as never)).toThrow(/startSweeping: expected a store with sweep\(\)/)
  expect(() => startSweeping(undefined as never)).toThrow(/expected a store with sweep\(\), but it is undefined/)
})

it('accepts the longest pause that a timer supports, and rejects longer ones', async () => {
  const longestMs = 1_431_655_764
  expect(() => startSweeping(pgSessions({ url: postgresUrl }), { everyMs: longestMs + 1 })).toThrow(
    new TypeError(`startSweeping: option everyMs must be at most ${longestMs}, but it is ${longestMs + 1}.`),
  )
  // Node warns about a longer time, and then waits for one millisecond.
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  const store = pgSessions({ client: openClient() })
  const sweepings = Array.from({ length: 20 }, () => startSweeping(store, { everyMs: longestMs }))
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all(sweepings.map((sweeping) => sweeping.stop()))
  expect(warnings).toEqual([])
})

const failingHooks: Record<string, () => unknown> = {
  'it throws': () => {
    throw new Error('the log is full')
  },
  'its promise rejects': () => Promise.reject(new Error('the log is full')),
}

it.each(Object.entries(failingHooks))(
  'O2 continues when onError fails, and leaves no rejection unhandled: %s',
  async (_, fail) => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    let errors = 0
    const onError = (): unknown => {
      errors += 1
      return fail()
    }
    const sweeping = startSweeping(pgSessions({ client: openClient(), table: randomName() }), { everyMs: 1, onError })
    await expect.poll(() => errors, pollOptions).toBeGreaterThan(2)
    await sweeping.stop()
    expect(unhandled).toEqual([])
  },
)
