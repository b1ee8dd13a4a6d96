import { PGlite } from '@electric-sql/pglite'
import { testConformance } from '@bext/session-conformance/vitest'
import { diagnosePg, migrate, pgSessions } from '@bext/session-pg'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { randomName, rejectionOf } from './helpers/database.js'

const plain = { 20: String, 25: String }

// Parsers and serializers of the application change nothing.
const client = new PGlite({
  parsers: { 20: Number, 25: (text) => text.toUpperCase() },
  serializers: { 25: (text: string) => text.toUpperCase() },
})

afterAll(() => client.close())

// Without an endpoint: PGlite runs in this process, so there is no network that could break.
testConformance({
  name: 'pg, with PGlite',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'close', 'compare', 'given-id'],
  declarations: { maxDataBytes: 1_048_576 },
  async open({ namespace, timeoutMs }) {
    await migrate(client, { table: namespace })
    return { store: pgSessions({ client, table: namespace, timeoutMs }), close: async () => {} }
  },
  async inspect(namespace) {
    const { rows } = await client.query(`select * from ${namespace}`, [], { parsers: plain })
    return rows.map((row) => JSON.stringify(row))
  },
})

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
