import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgresProcess } from '@bext-internal/test-services'
import type { SessionId } from '@bext/session-core'
import postgres from 'postgres'
import { untilAnswered } from '../caller.js'
import type { ChaosStore, Disturbance, Scenario } from '../scenario.js'
import { migrateAt, openByClient, openByUrl } from './clients.js'

const windowMs = 60
const windows = 10
const callers = 12
const bystanders = 8
const lockedUser = 'locked'
const ttlMs = 600_000

type Write = (store: ChaosStore, id: SessionId) => Promise<unknown>

const writes: readonly Write[] = [
  (store, id) => store.touch(id, ttlMs),
  (store, id) => store.update(id, '"again"'),
  (store, id) => store.read(id),
]

function createMany(store: ChaosStore, count: number, userId?: string): Promise<SessionId[]> {
  const create = (): Promise<SessionId> => store.create({ userId, dataJson: '"new"', ttlMs })
  return Promise.all(Array.from({ length: count }, () => untilAnswered(create)))
}

/** Calls the store, one call after the other, until `isOver`. Resolves to the number of calls that succeeded. */
async function keepCalling(store: ChaosStore, id: SessionId, isOver: () => boolean): Promise<number> {
  let done = 0
  for (let turn = 0; !isOver(); turn += 1) {
    const write = writes[turn % writes.length] as Write
    await write(store, id).then(
      () => (done += 1),
      () => {},
    )
  }
  return done
}

async function countCalls(store: ChaosStore, ids: readonly SessionId[]): Promise<number> {
  const endMs = performance.now() + windowMs
  const counts = await Promise.all(ids.map((id) => keepCalling(store, id, () => performance.now() >= endMs)))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Returns the calls per second in the median window: other processes of a busy machine slow some windows down. */
function perSecond(callsOfWindows: readonly number[]): number {
  const inOrder = callsOfWindows.toSorted((a, b) => a - b)
  const middle = inOrder.slice(Math.floor((windows - 1) / 2), Math.floor(windows / 2) + 1)
  const median = middle.reduce((sum, calls) => sum + calls, 0) / middle.length
  return Math.round((median * 1000) / windowMs)
}

/** Measures the calls per second on other sessions, before and while a number of sessions are locked. */
async function measureRates(
  sql: postgres.Sql,
  store: ChaosStore,
  rows: number,
): Promise<{ readonly before: number; readonly during: number }> {
  const locked = await createMany(store, rows, lockedUser)
  const free = await createMany(store, bystanders)
  const before: number[] = []
  const during: number[] = []
  for (let turn = 0; turn < windows; turn += 1) {
    before.push(await countCalls(store, free))
    let isOver = false
    let calling: Promise<unknown> = Promise.resolve()
    await sql.begin(async (transaction) => {
      await transaction`select from sessions where user_id = ${lockedUser} for update`
      // More callers than the pool has connections.
      const calls = Array.from({ length: callers }, (_, n) => locked[n % rows] as SessionId)
      calling = Promise.all(calls.map((id) => keepCalling(store, id, () => isOver)))
      // By then, the calls wait for the lock.
      await sleep(windowMs / 4)
      during.push(await countCalls(store, free))
      isOver = true
    })
    await calling
  }
  await Promise.all([...locked, ...free].map((id) => untilAnswered(() => store.delete(id))))
  return { before: perSecond(before), during: perSecond(during) }
}

/** Locks one session, then several, while calls on them are in flight. */
function lockRows(sql: postgres.Sql): Disturbance {
  return {
    name: 'rows locked',
    async run(_random, { store, report, violate }) {
      for (const rows of [1, callers]) {
        const { before, during } = await measureRates(sql, store, rows)
        const rates = `${before} calls/s on other sessions, ${during}/s while ${rows} were locked`
        report(rates)
        if (during < before / 2) violate(rates)
      }
    },
  }
}

/** A server on which another transaction locks rows for a long time. */
export const lockedRows: Scenario = {
  name: 'locked-rows',
  losesWrites: false,

  async open() {
    const server = await startPostgresProcess()
    await migrateAt(server.url)
    const sql = postgres(server.url, { max: 1, onnotice: () => {} })
    return {
      clients: {
        'own connections': () => openByUrl(server.url),
        'postgres.js, two connections': () => openByClient(server.url, { max: 2 }),
      },
      disturbances: [lockRows(sql)],
      async close() {
        await sql.end({ timeout: 1 })
        await server.stop()
      },
    }
  },
}
