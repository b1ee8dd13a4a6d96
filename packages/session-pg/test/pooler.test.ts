import { startPgBouncer } from '@bext-internal/test-services'
import { applicableCases, formatResult, runAll, startRun } from '@bext/session-conformance'
import { migrate, pgSessions, type PgClient } from '@bext/session-pg'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { driverNames, drivers, openDriver, type DriverName } from './helpers/drivers.js'
import { harnessOf } from './harness.js'
import { newTable, openClient } from './helpers/database.js'

const connections = 4

const pooler = await startPgBouncer(inject('postgresUrl'), connections)

/** Runs cases of the kit behind the pooler. Resolves to the ids of those that do not pass, and their reports. */
async function failuresOf(driver: DriverName, ids: RegExp): Promise<{ failed: string[]; reports: string }> {
  const harness = harnesses[driver]
  const run = startRun(harness)
  const cases = applicableCases(harness).filter(({ id }) => ids.test(id))
  const others = (await runAll(run, cases)).filter(({ verdict }) => verdict !== 'pass')
  const reports = others.map((result) => formatResult(result, run)).join('\n')
  return { failed: others.map((result) => result.case.id), reports }
}

const harnesses = {
  'postgres.js': harnessOf('pg, behind PgBouncer', { serverUrl: pooler.url }),
  pg: harnessOf('pg, behind PgBouncer, over a Pool', { serverUrl: pooler.url, driver: drivers.pg }),
}

afterAll(() => pooler.stop())

describe('behind PgBouncer in transaction mode', () => {
  it('keeps the contract, except for the second round trip of postgres.js for statements that are not prepared (T4)', async () => {
    const { failed, reports } = await failuresOf('postgres.js', /./)
    expect(failed, reports).toEqual(['T4-one-round-trip'])
  }, 120_000)

  it('T4 keeps the rules of connections over a Pool of pg, in one round trip', async () => {
    const { failed, reports } = await failuresOf('pg', /^(D2|E|H|R6|T4|U4)/)
    expect(failed, reports).toEqual([])
  }, 120_000)

  const max = 3 * connections
  const openers: readonly [string, () => PgClient][] = [
    ['prepare: true', () => openClient({ prepare: true, max }, pooler.url)],
    ['prepare: false', () => openClient({ prepare: false, max }, pooler.url)],
    ['a Pool of pg', () => openDriver('pg', { max }, pooler.url)],
  ]
  it.each(openers)('serves many more concurrent calls than it has connections, with %s', async (_what, open) => {
    const owner = openClient()
    const table = await newTable(owner)
    const stores = [0, 1, 2].map(() => pgSessions({ client: open(), table, timeoutMs: 20_000 }))
    async function visit(number: number): Promise<string> {
      const store = stores[number % stores.length] as (typeof stores)[0]
      const id = await store.create({ userId: `user ${number}`, dataJson: '0', ttlMs: 60_000 })
      await store.update(id, String(number))
      await store.touch(id, 30_000)
      const { dataJson } = await store.read(id)
      await store.delete(id)
      return dataJson
    }
    const numbers = Array.from({ length: 300 }, (_, number) => number)
    expect(await Promise.all(numbers.map(visit))).toEqual(numbers.map(String))
    expect(await owner`select from ${owner(table)}`).toHaveLength(0)
  })

  it('migrates, from several clients at once', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    await owner`drop table ${owner(table)}`
    const clients = [1, 2, 3].flatMap(() => driverNames.map((name) => openDriver(name, { max: 2 }, pooler.url)))
    await Promise.all(clients.map((client) => migrate(client, { table })))
    await Promise.all(clients.map((client) => migrate(client, { table })))
    expect(await owner`select from ${owner(table)}`).toHaveLength(0)
  })
})
