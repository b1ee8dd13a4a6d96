import type { SessionId } from '@bext/session-core'
import { pgSessions, type PgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { newTable, openClient, rejectionsOf } from './helpers/database.js'

type Raw = ReturnType<ReturnType<postgres.Sql['unsafe']>['raw']>

/** Wraps a client: the server runs every statement, but `garble` replaces its reply. */
function garbled(sql: postgres.Sql, garble: (answer: Raw) => Promise<unknown>): postgres.Sql {
  return new Proxy(sql, {
    get(target, name) {
      if (name !== 'unsafe') return Reflect.get(target, name) as unknown
      return (...args: Parameters<postgres.Sql['unsafe']>) => ({ raw: () => garble(target.unsafe(...args).raw()) })
    },
  })
}

// Observed in postgres.js 3.4 when its connection breaks and is opened again.
const faults: readonly [fault: string, garble: (sql: postgres.Sql) => (answer: Raw) => Promise<unknown>][] = [
  ['no rows', () => async (answer) => (await answer).slice(0, 0)],
  [
    'the rows of another statement',
    (sql) => async (answer) => [await answer, await sql.unsafe('select 1, 2').raw()].at(1),
  ],
  [
    'its rows, after those of another statement',
    (sql) => async (answer) => [...(await sql.unsafe("select null, '0'").raw()), ...(await answer)],
  ],
]

const calls: readonly [name: string, call: (store: PgSessions, id: SessionId) => Promise<unknown>][] = [
  ['create', (store) => store.create({ dataJson: '1', ttlMs: 1000 })],
  ['read', (store, id) => store.read(id)],
  ['update', (store, id) => store.update(id, '1')],
  ['updateIfUnchanged', (store, id) => store.updateIfUnchanged(id, '0', '1')],
  ['touch', (store, id) => store.touch(id, 1000)],
  ['delete', (store, id) => store.delete(id)],
  ['listUserSessions', (store) => store.listUserSessions('ann')],
  ['endUserSessions', (store) => store.endUserSessions('ann')],
  ['sweep', (store) => store.sweep()],
]

describe.each(faults)('a driver that replies with %s', (_fault, garble) => {
  it.each(calls)('E4 %s fails, alone or in a batch', async (_name, call) => {
    const sql = openClient()
    const table = await newTable(sql)
    const id = await pgSessions({ client: sql, table }).create({ userId: 'ann', dataJson: '0', ttlMs: 60_000 })
    const store = pgSessions({ client: garbled(sql, garble(sql)), table, timeoutMs: 20_000 })
    expect(await store.isHealthy()).toBe(false)
    for (const error of await rejectionsOf([1, 2, 3].map(() => call(store, id)))) {
      expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    }
  })
})
