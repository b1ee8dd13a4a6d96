import { applicableCases, runAll, startRun } from '@bext/session-conformance'
import { testConformance } from '@bext/session-conformance/vitest'
import { diagnosePg, migrate, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { randomName, rejectionOf } from './helpers/database.js'
import { openPglite, pgliteHarness } from './helpers/pglite.js'

const client = openPglite()

if (process.env['EVERY_CLIENT'] === '1') {
  // Run by `pnpm clients`.
  testConformance(pgliteHarness(client))
} else {
  it('keeps the rules of update, touch, delete and the capabilities', async () => {
    const harness = pgliteHarness(client)
    const cases = applicableCases(harness).filter(({ rule }) => /^[UTDO]/.test(rule))
    const results = await runAll(startRun(harness), cases)
    expect(results.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
  })
}

it('E3 adds no data to the errors of the server', async () => {
  const table = randomName()
  await migrate(client, { table })
  onTestFinished(async () => {
    await client.exec(`drop table ${table}`)
  })
  await client.exec(`alter table ${table} add constraint small check (data_json <> '"private"')`)
  const error = await rejectionOf(pgSessions({ client, table }).create({ dataJson: '"private"', ttlMs: 60_000 }))
  expect(error).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '23514' } })
  expect(error.cause).not.toHaveProperty('params')
})

it('the doctor finds nothing wrong with the table', async () => {
  const table = randomName()
  await migrate(client, { table })
  onTestFinished(async () => {
    await client.exec(`drop table ${table}`)
  })
  const findings = await diagnosePg(client, { table, timeoutMs: 20_000 })
  expect(findings).toContainEqual(expect.objectContaining({ level: 'ok', subject: 'table' }))
  expect(findings).toContainEqual(expect.objectContaining({ level: 'ok', subject: 'index' }))
})
