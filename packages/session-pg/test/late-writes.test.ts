import type { SessionId } from '@bext/session-core'
import type { PgSessions } from '@bext/session-pg'
import { pgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { driverNames, openDriver } from './helpers/drivers.js'
import { newTable, openClient, openProxy, pollOptions, rejectionOf, rejectionsOf } from './helpers/database.js'

type Write = (store: PgSessions, id: SessionId, handle: string) => Promise<unknown>

const writes: [name: string, write: Write][] = [
  ['update', (store, id) => store.update(id, '"late"')],
  ['updateIfUnchanged', (store, id) => store.updateIfUnchanged(id, '"first"', '"late"')],
  ['touch', (store, id) => store.touch(id, 1_000_000)],
  ['delete', (store, id) => store.delete(id)],
  ['endUserSession', (store, _id, handle) => store.endUserSession('ann', handle)],
  ['endUserSessions', (store) => store.endUserSessions('ann')],
]

/** Counts the statements over the table that are active on the server, and those of them that wait for a lock. */
async function statementsOver(sql: postgres.Sql, table: string): Promise<{ running: number; waiting: number }> {
  const [row] = await sql<[{ running: number; waiting: number }]>`
    select count(*)::int as running, count(*) filter (where wait_event_type = 'Lock')::int as waiting
    from pg_stat_activity
    where state = 'active' and pid <> pg_backend_pid() and query like ${`%${table}%`}`
  return row
}

/** Runs `work` while another transaction has locked the table against writes, then rolls that transaction back. */
async function withTableLocked(
  sql: postgres.Sql,
  table: string,
  work: (transaction: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  const rollback = new Error('roll back')
  const done = sql.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in share mode`
    await work(transaction)
    throw rollback
  })
  await expect(done).rejects.toBe(rollback)
}

/** Creates a store with a long time limit, and a function that returns the number of statements sent. */
function countingStore(table: string): { store: PgSessions; sent: () => number } {
  let sent = 0
  const sql = openClient({ debug: () => (sent += 1) })
  return { store: pgSessions({ client: sql, table, timeoutMs: 20_000 }), sent: () => sent }
}

describe.each(driverNames)('a write that waits for a lock, over %s', (driver) => {
  it.each(writes)(
    'E2 E3 U4 %s has no effect after it was reported as failed because its connection broke',
    async (_name, write) => {
      const sql = openClient()
      const table = await newTable(sql)
      const proxy = await openProxy()
      const store = pgSessions({ client: openDriver(driver, {}, proxy.url), table, timeoutMs: 1000 })
      const id = await store.create({ userId: 'ann', dataJson: '"first"', ttlMs: 60_000 })
      const before = await store.read(id)
      const [summary] = await store.listUserSessions('ann')
      await withTableLocked(sql, table, async () => {
        const rejection = rejectionOf(write(store, id, String(summary?.handle)))
        await expect.poll(() => statementsOver(sql, table), pollOptions).toEqual({ running: 1, waiting: 1 })
        proxy.reset()
        expect(await rejection).toMatchObject({ code: 'Backend', reason: 'unavailable' })
      })
      await expect.poll(() => statementsOver(sql, table), pollOptions).toEqual({ running: 0, waiting: 0 })
      expect(await store.read(id)).toEqual(before)
    },
  )

  it.each(writes)('E2 E5 U4 %s rejects in time, and has no effect once it gets the lock', async (_name, write) => {
    const sql = openClient()
    const table = await newTable(sql)
    const store = pgSessions({ client: openDriver(driver), table, timeoutMs: 1000 })
    const id = await store.create({ userId: 'ann', dataJson: '"first"', ttlMs: 60_000 })
    const before = await store.read(id)
    const [summary] = await store.listUserSessions('ann')
    await withTableLocked(sql, table, async () => {
      const rejection = rejectionOf(write(store, id, String(summary?.handle)))
      await expect.poll(() => statementsOver(sql, table), pollOptions).toEqual({ running: 1, waiting: 1 })
      expect(await rejection).toMatchObject({ code: 'Backend', reason: 'timeout' })
    })
    await expect.poll(() => statementsOver(sql, table), pollOptions).toEqual({ running: 0, waiting: 0 })
    expect(await store.read(id)).toEqual(before)
  })
})

describe('a write that waits for another transaction', () => {
  it('T2 U5 applies to the row as the other transaction has written it', async () => {
    const sql = openClient()
    const table = await newTable(sql)
    const { store, sent } = countingStore(table)
    const id = await store.create({ dataJson: '"first"', ttlMs: 60_000 })
    const { expiresAtMs } = await store.read(id)
    let touched: Promise<unknown> | undefined
    let compared: Promise<unknown> | undefined
    await sql.begin(async (transaction) => {
      await transaction`update ${transaction(table)} set data_json = '"second"'`
      const before = sent()
      touched = store.touch(id, 120_000)
      compared = store.updateIfUnchanged(id, '"first"', '"third"')
      await expect.poll(sent, pollOptions).toBeGreaterThan(before + 6)
    })
    await touched
    expect(await compared).toEqual({ outcome: 'changed' })
    const record = await store.read(id)
    expect(record.dataJson).toBe('"second"')
    expect(record.expiresAtMs).toBeGreaterThan(expiresAtMs + 50_000)
  })

  it('U3 U4 T3 O4 rejects with NotFound if the other transaction deletes the session', async () => {
    const sql = openClient()
    const table = await newTable(sql)
    const { store, sent } = countingStore(table)
    const id = await store.create({ dataJson: '"first"', ttlMs: 60_000 })
    let codes: Promise<unknown[]> | undefined
    await sql.begin(async (transaction) => {
      await transaction`delete from ${transaction(table)}`
      const before = sent()
      const calls = [store.update(id, '2'), store.touch(id, 1000), store.updateIfUnchanged(id, '"first"', '2')]
      codes = rejectionsOf(calls).then((errors) => errors.map(({ code }) => code))
      await expect.poll(sent, pollOptions).toBeGreaterThan(before + 9)
    })
    expect(await codes).toEqual(['NotFound', 'NotFound', 'NotFound'])
    expect(await sql`select from ${sql(table)}`).toHaveLength(0)
  })

  it('O2 sweep does not wait, and removes the rows that are not locked', async () => {
    const sql = openClient()
    const table = await newTable(sql)
    const store = pgSessions({ client: sql, table, timeoutMs: 20_000 })
    await Promise.all([1, 2, 3].map(() => store.create({ dataJson: '{}', ttlMs: 1 })))
    const alive = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    await expect
      .poll(
        async () =>
          (
            await sql`select from ${sql(table)} where expires_at_ms
      <= extract(epoch from clock_timestamp()) * 1000`
          ).length,
        pollOptions,
      )
      .toBe(3)
    await sql.begin(async (transaction) => {
      await transaction`select from ${transaction(table)} where expires_at_ms = (
        select min(expires_at_ms) from ${transaction(table)}) limit 1 for update`
      expect(await store.sweep({ maxRecords: 1 })).toEqual({ removed: 1, more: true })
      expect(await store.sweep()).toEqual({ removed: 1, more: false })
    })
    expect(await store.sweep()).toEqual({ removed: 1, more: false })
    expect((await store.read(alive)).dataJson).toBe('{}')
  })
})

describe.each(driverNames)('a server that stops answering, over %s', (driver) => {
  it('E2 E5 H1 H2 ends every call in time, and late writes have no effect', async () => {
    const direct = openClient()
    const table = await newTable(direct)
    const proxy = await openProxy()
    // With one connection, statements sent after the release run after all those that were held back.
    const store = pgSessions({ client: openDriver(driver, { max: 1 }, proxy.url), table })
    const id = await store.create({ userId: 'ann', dataJson: '"first"', ttlMs: 60_000 })
    const before = await store.read(id)
    const [summary] = await store.listUserSessions('ann')

    proxy.stall()
    const calls = [
      ...writes.map(([, write]) => write(store, id, String(summary?.handle))),
      store.create({ dataJson: '"orphan"', ttlMs: 60_000 }),
      store.read(id),
      store.sweep(),
    ]
    const [healthy, errors] = await Promise.all([store.isHealthy(), rejectionsOf(calls)])
    expect(healthy).toBe(false)
    expect(new Set(errors.map(({ code, reason }) => `${code} ${reason}`))).toEqual(new Set(['Backend timeout']))

    proxy.release()
    await expect.poll(() => store.isHealthy(), pollOptions).toBe(true)
    expect(await store.read(id)).toEqual(before)
    expect(await direct`select from ${direct(table)}`).toHaveLength(1)
  })
})
