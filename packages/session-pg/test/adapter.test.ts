import { UnsentError, migrate, pgSessions, type PgAdapter, type PgStatement } from '@bext/session-pg'
import { expect, it } from 'vitest'
import { adapterFor } from '../src/client/client.js'
import { newTable, openClient, rejectionOf } from './helpers/database.js'

function decode(value: string | null): string | number | null {
  return value !== null && /^\d+$/.test(value) ? Number(value) : value
}

/** Wraps an adapter over a real server. `before` is called for each statement that has the text of a store. */
function adapterWith(before: (statement: PgStatement) => void): PgAdapter {
  const adapter = adapterFor('test', openClient())
  return {
    ...adapter,
    async runStatement(statement) {
      if (statement.text.includes('bext_')) before(statement)
      return adapter.runStatement(statement)
    },
  }
}

it('takes an adapter of another driver, for migrate and for every call', async () => {
  const seen: PgStatement[] = []
  const client = adapterWith((statement) => seen.push(statement))
  const table = await newTable(openClient())
  await migrate(client, { table })
  const store = pgSessions({ client, table, timeoutMs: 20_000 })
  const before = performance.now()
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.endUserSessions('ann')
  expect((await rejectionOf(store.read(id))).code).toBe('NotFound')
  for (const { parameters, prepare, untilMs } of seen) {
    expect(parameters.every((value) => value === null || typeof value === 'string')).toBe(true)
    expect(prepare).toBe(true)
    expect(untilMs).toBeGreaterThan(before)
    expect(untilMs).toBeLessThan(before + 40_000)
  }
})

it('does not prepare if the adapter names another server process than the one that replies', async () => {
  const seen: PgStatement[] = []
  const adapter = adapterWith((statement) => seen.push(statement))
  const client: PgAdapter = {
    ...adapter,
    runStatement: async (statement) => ({ ...(await adapter.runStatement(statement)), serverProcess: 1 }),
  }
  await pgSessions({ client, table: await newTable(openClient()) }).create({ dataJson: '1', ttlMs: 60_000 })
  expect(seen.map(({ prepare }) => prepare)).toEqual([false])
})

it('E4 sends a statement again that was not sent because a connection broke', async () => {
  let breaks = 3
  const client = adapterWith(() => {
    breaks -= 1
    if (breaks >= 0) throw new UnsentError(new Error('broken'), 'CONNECTION_CLOSED')
  })
  const store = pgSessions({ client, table: await newTable(openClient()), timeoutMs: 20_000 })
  expect((await store.read(await store.create({ dataJson: '1', ttlMs: 60_000 }))).dataJson).toBe('1')
  expect(breaks).toBeLessThan(0)
})

it('E1 E2 rejects a write only when the server must refuse it, unless it was not sent', async () => {
  const table = await newTable(openClient())
  const cause = new Error('no code')
  const sent = pgSessions({
    client: adapterWith(() => {
      throw cause
    }),
    table,
    timeoutMs: 400,
  })
  const startedAtMs = performance.now()
  expect(await rejectionOf(sent.create({ dataJson: '1', ttlMs: 60_000 }))).toMatchObject({ code: 'Backend' })
  expect(performance.now() - startedAtMs).toBeGreaterThan(380)

  const unsent = pgSessions({
    client: adapterWith(() => {
      throw new UnsentError(cause, 'CONNECT_TIMEOUT')
    }),
    table,
    timeoutMs: 60_000,
  })
  const error = await rejectionOf(unsent.create({ dataJson: '1', ttlMs: 60_000 }))
  expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable', cause })
})

it('R2 rejects an adapter that decodes values', async () => {
  const adapter = adapterFor('test', openClient())
  const client: PgAdapter = {
    ...adapter,
    async runStatement(statement) {
      const { rows } = await adapter.runStatement(statement)
      return { rows: rows.map((row) => [...row.slice(0, -1).map(decode), row.at(-1)] as string[]) }
    },
  }
  const error = await rejectionOf(pgSessions({ client }).create({ dataJson: '1', ttlMs: 60_000 }))
  expect(error).toMatchObject({ code: 'Backend', reason: 'failed' })
  expect(String(error.cause)).toContain('does not return values in PostgreSQL’s text format')
})
