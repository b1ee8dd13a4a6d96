import { startPgBouncer } from '@bext-internal/test-services'
import { applicableCases, formatResult, runAll, startRun } from '@bext/session-conformance'
import { migrate, pgSessions } from '@bext/session-pg'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { harnessOf } from './harness.js'
import { newTable, openClient } from './helpers/database.js'

const connections = 4

const pooler = await startPgBouncer(inject('postgresUrl'), connections)
const harness = harnessOf('pg, behind PgBouncer', { serverUrl: pooler.url })

afterAll(() => pooler.stop())

describe('behind PgBouncer in transaction mode', () => {
  it('keeps the contract, except for the second round trip of postgres.js for statements that are not prepared (T4)', async () => {
    const run = startRun(harness)
    const others = (await runAll(run, applicableCases(harness))).filter(({ verdict }) => verdict !== 'pass')
    const reports = others.map((result) => formatResult(result, run)).join('\n')
    expect(
      others.map((result) => result.case.id),
      reports,
    ).toEqual(['T4-one-round-trip'])
  }, 120_000)

  it.each([true, false])(
    'serves many more concurrent calls than it has connections, with prepare: %s',
    async (prepare) => {
      const owner = openClient()
      const table = await newTable(owner)
      const clients = [0, 1, 2].map(() => openClient({ prepare, max: 3 * connections }, pooler.url))
      const stores = clients.map((sql) => pgSessions({ client: sql, table, timeoutMs: 20_000 }))
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
    },
  )

  it('migrates, from several clients at once', async () => {
    const owner = openClient()
    const table = await newTable(owner)
    await owner`drop table ${owner(table)}`
    const clients = [1, 2, 3, 4, 5, 6].map(() => openClient({ max: 2 }, pooler.url))
    await Promise.all(clients.map((sql) => migrate(sql, { table })))
    await Promise.all(clients.map((sql) => migrate(sql, { table })))
    expect(await owner`select from ${owner(table)}`).toHaveLength(0)
  })
})
