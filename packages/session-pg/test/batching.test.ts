import type { SessionId } from '@bext/session-core'
import type { PgSessions } from '@bext/session-pg'
import { pgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { describe, expect, it, vi } from 'vitest'
import { newTable, openClient, pollOptions, rejectionsOf } from './helpers/database.js'

interface Statement {
  readonly text: string
  readonly parameters: readonly unknown[]
}

const many = 40

function times<T>(count: number, make: (position: number) => T): T[] {
  return Array.from({ length: count }, (_, position) => make(position))
}

/** Creates a store with sessions, and a list of the statements that it sends from then on. */
async function openStore(): Promise<{
  store: PgSessions
  ids: SessionId[]
  sent: Statement[]
  sql: postgres.Sql
  table: string
}> {
  const sent: Statement[] = []
  const plain = openClient()
  const table = await newTable(plain)
  const sql = openClient({ debug: (_connection, text, parameters) => sent.push({ text, parameters }) })
  const store = pgSessions({ client: sql, table, timeoutMs: 20_000 })
  const ids = await Promise.all(times(many, (n) => store.create({ dataJson: String(n), ttlMs: 60_000 })))
  // Open all connections first, because the driver queries types on each.
  await Promise.all(times(8, () => store.isHealthy()))
  sent.length = 0
  return { store, ids, sent, sql: plain, table }
}

describe('concurrent calls', () => {
  it('are sent together, with one statement text whatever their number', async () => {
    const { store, ids, sent } = await openStore()
    for (const count of [many, many / 2]) {
      const records = await Promise.all(ids.slice(0, count).map((id) => store.read(id)))
      expect(records.map(({ dataJson }) => dataJson)).toEqual(times(count, String))
      await Promise.all(ids.slice(0, count).map((id) => store.touch(id, 120_000)))
      await Promise.all(ids.slice(0, count).map((id, n) => store.update(id, String(n))))
    }
    expect(sent).toHaveLength(6)
    expect(new Set(sent.map(({ text }) => text)).size).toBe(3)
  })

  it('are sent in the order of their ids, each id once', async () => {
    const { store, ids, sent } = await openStore()
    const twice = [...ids, ...ids]
    await Promise.all(twice.map((id) => store.touch(id, 120_000)))
    const sorted = String(sent[0]?.parameters[1]).slice(1, -1).split(',')
    expect(sorted).toEqual([...new Set(sorted)].toSorted())
    expect(sorted).toHaveLength(many)
  })

  it('a single call uses the statement for one session', async () => {
    const { store, ids, sent } = await openStore()
    await store.read(ids[0] as SessionId)
    await store.touch(ids[0] as SessionId, 1000)
    expect(sent.map(({ text }) => /any\(|unnest/.test(text))).toEqual([false, false])
  })

  it('R2 U1 keep data and users with special characters apart', async () => {
    const { store } = await openStore()
    const texts = [
      '"{a,b}"',
      '"\\u0000\\u001e"',
      '"😀\u2028"',
      ' [ "\\\\", "\\"" ] ',
      '{"":null}',
      '"{}"',
      '"null"',
      '1.0',
    ]
    const users = ['{a,b}', 'null', '"quoted"', 'back\\slash', 'é, ü', '\u001e', ' ', undefined]
    const ids = await Promise.all(
      texts.map((dataJson, n) => store.create({ userId: users[n], dataJson, ttlMs: 60_000 })),
    )
    const records = await Promise.all(ids.map((id) => store.read(id)))
    expect(records.map(({ dataJson }) => dataJson)).toEqual(texts)
    expect(records.map(({ userId }) => userId)).toEqual(users)
    await Promise.all(ids.map((id, n) => store.update(id, texts.at(-1 - n) ?? '')))
    const updated = await Promise.all(ids.map((id) => store.read(id)))
    expect(updated.map(({ dataJson }) => dataJson)).toEqual(texts.toReversed())
  })

  it('C6 keep anonymous sessions anonymous, whatever the settings of the connection', async () => {
    const { table } = await openStore()
    const store = pgSessions({ client: openClient({ connection: { array_nulls: 'off' } }), table, timeoutMs: 20_000 })
    const users = [undefined, 'null', '', undefined, 'NULL', '=']
    const ids = await Promise.all(users.map((userId) => store.create({ userId, dataJson: '1', ttlMs: 60_000 })))
    const records = await Promise.all(ids.map((id) => store.read(id)))
    expect(records.map(({ userId }) => userId)).toEqual(users)
  })

  it('E4 are read although another program has written the separator into a row', async () => {
    const { store, ids, sql, table } = await openStore()
    await store.update(ids[3] as SessionId, '"odd"')
    await sql`update ${sql(table)} set data_json = ${'\u001e'.repeat(2)} where data_json = '"odd"'`
    const records = await Promise.all(ids.map((id) => store.read(id)))
    expect(records.map(({ dataJson }, n) => (n === 3 ? 'odd' : dataJson))).toEqual(
      times(many, (n) => (n === 3 ? 'odd' : String(n))),
    )
  })

  it('O1 are listed although another program has written separators into an id', async () => {
    const { store, sql, table } = await openStore()
    await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
    await sql`insert into ${sql(table)} values ('a,b;c', 'ann', 1, 9000000000000, '')`
    expect(await store.listUserSessions('ann')).toHaveLength(1)
  })

  it('U3 T3 D1 have separate results', async () => {
    const { store, ids, sql, table } = await openStore()
    const [gone, expired, ...alive] = ids as [SessionId, SessionId, ...SessionId[]]
    await store.delete(gone)
    await store.touch(expired, 1)
    await expect
      .poll(async () => {
        const [row] = await sql`select min(expires_at_ms) < extract(epoch from clock_timestamp()) * 1000 as is_over
          from ${sql(table)}`
        return row?.['is_over'] as unknown
      }, pollOptions)
      .toBe(true)
    const calls: ((id: SessionId) => Promise<unknown>)[] = [
      (id) => store.read(id),
      (id) => store.touch(id, 60_000),
      (id) => store.update(id, '1'),
    ]
    for (const call of calls) {
      const results = await Promise.allSettled([gone, ...alive, expired].map(call))
      expect(results.map(({ status }) => status)).toEqual(['rejected', ...alive.map(() => 'fulfilled'), 'rejected'])
      for (const result of [results[0], results.at(-1)]) expect(result).toMatchObject({ reason: { code: 'NotFound' } })
    }
    await Promise.all([gone, expired, ...alive].map((id) => store.delete(id)))
    expect(await sql`select from ${sql(table)}`).toHaveLength(0)
  })

  it('C2 if several creates draw the same id, all but one draw again', async () => {
    const { store } = await openStore()
    const bytes = crypto.getRandomValues(new Uint8Array(32))
    const random = vi.spyOn(crypto, 'getRandomValues')
    for (let n = 0; n < 3; n += 1) {
      random.mockImplementationOnce((array) => {
        new Uint8Array(array.buffer).set(bytes)
        return array
      })
    }
    const ids = await Promise.all(times(3, (n) => store.create({ dataJson: String(n), ttlMs: 60_000 })))
    random.mockRestore()
    const records = await Promise.all(ids.map((id) => store.read(id)))
    expect(records.map(({ dataJson }) => dataJson)).toEqual(['0', '1', '2'])
  })
})

describe('a call that must wait or fails', () => {
  it('U4 waits for a lock without delaying the others of its batch', async () => {
    const { store, ids, sql, table } = await openStore()
    const locked = ids[7] as SessionId
    await store.update(locked, '"locked"')
    let waiting: Promise<unknown>[] = []
    await sql.begin(async (transaction) => {
      await transaction`select from ${transaction(table)} where data_json = '"locked"' for update`
      const others = ids.filter((id) => id !== locked)
      waiting = [store.touch(locked, 120_000), store.update(locked, '"after"')]
      const touched = others.map((id) => store.touch(id, 120_000))
      const updated = others.map((id) => store.update(id, '"free"'))
      await Promise.all([...touched, ...updated])
      // The lock does not delay later calls either.
      await Promise.all(others.map((id) => store.delete(id)))
    })
    await Promise.all(waiting)
    const record = await store.read(locked)
    expect(record.dataJson).toBe('"after"')
    expect(record.expiresAtMs).toBeGreaterThan(record.createdAtMs + 100_000)
  })

  it('fails alone if the server rejects its data', async () => {
    const { store, ids, sql, table } = await openStore()
    await sql`alter table ${sql(table)} add constraint small check (data_json <> '"refused"')`
    const updates = ids.map((id, n) => store.update(id, n === 3 ? '"refused"' : '"taken"'))
    const creates = times(many, (n) => store.create({ dataJson: n === 3 ? '"refused"' : '"taken"', ttlMs: 60_000 }))
    for (const results of await Promise.all([Promise.allSettled(updates), Promise.allSettled(creates)])) {
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([results[3]])
      expect(results[3]).toMatchObject({ reason: { code: 'Backend', cause: { code: '23514' } } })
    }
    expect(await sql`select from ${sql(table)} where data_json = '"taken"'`).toHaveLength(2 * many - 2)
  })

  it('E1 E3 gets a separate error if all fail, with the same cause', async () => {
    const { store, ids, sql, table } = await openStore()
    await sql`alter table ${sql(table)} rename to ${sql(`${table}_away`)}`
    try {
      const errors = await rejectionsOf(ids.map((id) => store.read(id)))
      expect(new Set(errors).size).toBe(many)
      expect(new Set(errors.map(({ cause }) => cause)).size).toBe(1)
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['Backend']))
    } finally {
      await sql`alter table ${sql(`${table}_away`)} rename to ${sql(table)}`
    }
    expect((await store.read(ids[0] as SessionId)).dataJson).toBe('0')
  })
})

it('U5 T2 stores of many processes write the same sessions in any order without a deadlock', async () => {
  const { ids, sql, table } = await openStore()
  const before = await sql`select deadlocks::int from pg_stat_database where datname = current_database()`
  const stores = times(4, () => pgSessions({ client: openClient({ max: 4 }), table, timeoutMs: 20_000 }))
  await Promise.all(
    times(10, async (round) => {
      await Promise.all(
        stores.flatMap((store, position) => {
          const order = position % 2 === 0 ? ids : ids.toReversed()
          return order.flatMap((id) => [store.touch(id, 60_000 + round), store.update(id, String(round))])
        }),
      )
    }),
  )
  const rows = await sql`select data_json from ${sql(table)}`
  expect(rows).toHaveLength(many)
  for (const row of rows) expect(row['data_json']).toMatch(/^\d$/)
  expect(await sql`select deadlocks::int from pg_stat_database where datname = current_database()`).toEqual(before)
})
