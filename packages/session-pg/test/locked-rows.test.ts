import { mintSessionId, type CreateWithIdResult, type SessionId } from '@bext/session-core'
import { pgSessions, type PgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { describe, expect, it, onTestFinished } from 'vitest'
import { counted, openDriver, type DriverName } from './helpers/drivers.js'
import {
  newTable,
  openClient,
  pollOptions,
  postgresUrl,
  rejectionOf,
  rejectionsOf,
  type OnFinished,
} from './helpers/database.js'

const many = 30

interface Scene {
  readonly sql: postgres.Sql
  readonly table: string
  readonly store: PgSessions
  readonly ids: readonly SessionId[]
  /** Returns the number of statements that the store has sent. */
  readonly sent: () => number
}

async function openScene(
  max: number,
  timeoutMs: number,
  driver: DriverName = 'postgres.js',
  onFinished: OnFinished = onTestFinished,
): Promise<Scene> {
  const sql = openClient({}, postgresUrl, onFinished)
  const table = await newTable(sql, onFinished)
  const { client, sent } = counted(openDriver(driver, { max }, postgresUrl, onFinished))
  const store = pgSessions({ client: client, table, timeoutMs })
  const creates = Array.from({ length: many }, (_, n) =>
    store.create({ userId: `user ${n}`, dataJson: '1', ttlMs: 60_000 }),
  )
  return { sql, table, store, ids: await Promise.all(creates), sent }
}

/** Runs `work` while another transaction has locked the rows of some users. */
async function withLocked(
  { sql, table }: Scene,
  users: readonly number[],
  work: (transaction: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  await sql.begin(async (transaction) => {
    const names = users.map((n) => `user ${n}`)
    await transaction`select from ${transaction(table)} where user_id in ${transaction(names)} for update`
    await work(transaction)
  })
}

type Write = (store: PgSessions, id: SessionId, n: number) => Promise<unknown>

const writes: Readonly<Record<string, Write>> = {
  update: (store, id) => store.update(id, '2'),
  updateIfUnchanged: (store, id) => store.updateIfUnchanged(id, '1', '2'),
  touch: (store, id) => store.touch(id, 120_000),
  delete: (store, id) => store.delete(id),
  endUserSessions: (store, _id, n) => store.endUserSessions(`user ${n}`),
}

const times = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Returns the number of active statements over the table. */
async function statementsOver(sql: postgres.Sql, table: string): Promise<number> {
  const rows = await sql`select from pg_stat_activity
    where state = 'active' and pid <> pg_backend_pid() and query like ${`%${table}%`}`
  return rows.length
}

const connections: readonly [number, DriverName][] = [
  [1, 'postgres.js'],
  [2, 'postgres.js'],
  [10, 'postgres.js'],
  [1, 'pg'],
  [3, 'pg'],
]

describe.each(connections)(
  'E5 with %i connections of %s, while another transaction has locked sessions',
  (max, driver) => {
    const title = '%s of locked sessions does not hold up other sessions'
    it.concurrent.for(Object.entries(writes))(title, async ([, write], context) => {
      const scene = await openScene(max, 1500, driver, context.onTestFinished)
      const { store, ids, sql, table } = scene
      await withLocked(scene, times(12), async () => {
        const locked = times(12).flatMap((n) => [
          write(store, ids[n] as SessionId, n),
          write(store, ids[n] as SessionId, n),
        ])
        const given = rejectionsOf(locked)
        const free = ids.slice(12)
        for (let round = 0; round < 3; round += 1) {
          await Promise.all(free.map((id) => store.touch(id, 90_000)))
          await Promise.all(free.map((id) => store.update(id, '3')))
          await Promise.all(ids.map((id) => store.read(id)))
          await store.listUserSessions('user 20')
        }
        for (const error of await given) expect(error).toMatchObject({ code: 'Backend', reason: 'timeout' })
        // Calls that have timed out leave no statement on the server.
        expect(await statementsOver(sql, table)).toBe(0)
        await Promise.all(free.map((id) => store.touch(id, 90_000)))
      })
      // Writes that have timed out have no effect later (E2).
      for (const id of ids.slice(0, 12)) expect((await store.read(id)).dataJson).toBe('1')
    })
  },
)

it('E5 O6 createWithId takes over an expired session once the lock on it is released', async () => {
  const { sql, table, store, sent } = await openScene(3, 20_000)
  const id = mintSessionId()
  const options = { userId: 'user 50', dataJson: '1', ttlMs: 1 }
  await store.createWithId(id, options)
  let waiting: Promise<unknown>[] = []
  await withLocked({ sql, table } as Scene, [50], async () => {
    const before = sent()
    waiting = [2, 3].map((n) => store.createWithId(id, { dataJson: `${n}`, ttlMs: 60_000 }))
    await expect.poll(sent, pollOptions).toBeGreaterThan(before + 4)
  })
  expect((await Promise.all(waiting)).map((each) => (each as CreateWithIdResult).outcome).toSorted()).toEqual([
    'created',
    'taken',
  ])
  expect((await store.read(id)).userId).toBeUndefined()
})

it.each(Object.entries(writes))('E5 %s completes once the lock is released', async (name, write) => {
  const scene = await openScene(3, 20_000)
  const { store, ids, sent } = scene
  let waiting: Promise<unknown>[] = []
  await withLocked(scene, times(3), async () => {
    const before = sent()
    waiting = times(3).map((n) => write(store, ids[n] as SessionId, n))
    await expect.poll(sent, pollOptions).toBeGreaterThan(before + 3)
  })
  await Promise.all(waiting)
  const [first] = ids as [SessionId]
  if (/delete|end/.test(name)) expect((await rejectionOf(store.read(first))).code).toBe('NotFound')
  else expect(await store.read(first)).toMatchObject(name === 'touch' ? { dataJson: '1' } : { dataJson: '2' })
})

it('E5 endUserSessions deletes unlocked sessions immediately, and the others once the lock is released', async () => {
  const scene = await openScene(3, 20_000)
  const { store, sql, table } = scene
  await Promise.all(times(5).map(() => store.create({ userId: 'user 0', dataJson: '"free"', ttlMs: 60_000 })))
  let ending: Promise<unknown> | undefined
  await sql.begin(async (transaction) => {
    await transaction`select from ${transaction(table)} where user_id = 'user 0' and data_json = '1' for update`
    ending = store.endUserSessions('user 0')
    await expect.poll(() => store.listUserSessions('user 0'), pollOptions).toHaveLength(1)
  })
  await ending
  expect(await store.listUserSessions('user 0')).toEqual([])
})

it('E5 update and touch do not wait for a foreign key of the application that refers to the session', async () => {
  const scene = await openScene(3, 3000)
  const { store, ids, sql, table } = scene
  await sql.begin(async (transaction) => {
    // The lock that the server takes for a foreign key when a row is inserted.
    await transaction`select from ${transaction(table)} for key share`
    await Promise.all(ids.map((id) => store.touch(id, 120_000)))
    await Promise.all(ids.map((id) => store.update(id, '2')))
    await store.touch(ids[0] as SessionId, 120_000)
    await store.update(ids[0] as SessionId, '1')
    expect(await store.updateIfUnchanged(ids[0] as SessionId, '1', '4')).toMatchObject({ outcome: 'updated' })
  })
})
