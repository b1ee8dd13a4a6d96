import type { SessionId } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import type { CheckedStore } from '../runner/checked-store.js'

const serverOnly = { families: ['server'] } as const
const pairs = 6
const ttlOf = (n: number): number => 600_000 + 600_000 * n

/** Creates live sessions, and as many deleted ones, in turns: the first is deleted. */
async function liveAndDeleted(
  context: CaseContext,
  store: CheckedStore,
): Promise<readonly (MadeSession & { readonly isLive: boolean })[]> {
  const made = await Promise.all(
    Array.from({ length: 2 * pairs }, () => context.create(store, { userId: context.userId() })),
  )
  const sessions = made.map((each, n) => ({ ...each, isLive: n % 2 === 1 }))
  for (const { id, isLive } of sessions) if (!isLive) await store.delete(id)
  return sessions
}

/** A store may send calls of one turn as one command. Each call must still have its own outcome. */
export const batchCases: readonly ConformanceCase[] = [
  defineCase(
    'C5-mixed',
    'concurrent create() calls with different options, some of them invalid: each has its own outcome',
    async (context) => {
      const store = await context.open()
      const calls = Array.from({ length: 12 }, (_, n) => ({
        dataJson: n % 4 === 0 ? '{' : context.json(),
        ttlMs: n % 4 === 1 ? 0 : 60_000 + 60_000 * n,
        ...(n % 2 === 0 ? {} : { userId: context.userId() }),
      }))
      const ids = await Promise.all(calls.map((options) => context.orInvalid(store.create(options))))
      for (const [n, { dataJson, ttlMs, userId }] of calls.entries()) {
        const id = ids[n]
        context.equal(id === undefined, n % 4 < 2, `whether create() number ${n + 1} of 12 was Invalid`)
        if (id === undefined) continue
        const record = await store.read(id)
        context.sameData(record.dataJson, dataJson)
        context.equal(record.userId, userId, `userId of session ${n + 1}`)
        context.equal(
          record.expiresAtMs - record.createdAtMs,
          ttlMs,
          `expiresAtMs less createdAtMs of session ${n + 1}`,
        )
      }
    },
  ),

  defineCase(
    'R1-mixed',
    'concurrent read() calls of live and deleted sessions: each resolves to its session or is NotFound',
    async (context) => {
      const store = await context.open()
      const sessions = await liveAndDeleted(context, store)
      const records = await Promise.all(sessions.map(({ id }) => context.orNotFound(store.read(id))))
      for (const [n, { id, isLive, userId, dataJson }] of sessions.entries()) {
        const record = records[n]
        context.equal(record !== undefined, isLive, `whether session ${n + 1} was found`)
        if (record === undefined) continue
        context.equal(record.id, id, `id of record ${n + 1}`)
        context.equal(record.userId, userId, `userId of record ${n + 1}`)
        context.sameData(record.dataJson, dataJson)
      }
    },
    serverOnly,
  ),

  defineCase(
    'U3-mixed',
    'concurrent update() calls of live and deleted sessions: each has its own outcome',
    async (context) => {
      const store = await context.open()
      const sessions = await liveAndDeleted(context, store)
      const texts = sessions.map(() => context.json())
      const updated = await Promise.all(
        sessions.map(({ id }, n) => context.orNotFound(store.update(id, texts[n] ?? ''))),
      )
      for (const [n, { id, isLive, userId }] of sessions.entries()) {
        context.equal(updated[n], isLive ? id : undefined, `the result of update() of session ${n + 1}`)
        if (!isLive) {
          await context.gone(store, id, 'a deleted session after update() among others')
          continue
        }
        const record = await store.read(id)
        context.sameData(record.dataJson, texts[n] ?? '')
        context.equal(record.userId, userId, `userId of session ${n + 1}`)
      }
    },
    serverOnly,
  ),

  defineCase(
    'T3-mixed',
    'concurrent touch() calls with different ttls, of live and deleted sessions: each has its own outcome',
    async (context) => {
      const store = await context.open()
      const sessions = await liveAndDeleted(context, store)
      const t0 = Date.now()
      const touched = await Promise.all(sessions.map(({ id }, n) => context.orNotFound(store.touch(id, ttlOf(n)))))
      const t1 = Date.now()
      const tolerance = context.skewMs + context.granularityMs
      for (const [n, { id, isLive }] of sessions.entries()) {
        context.equal(touched[n], isLive ? id : undefined, `the result of touch() of session ${n + 1}`)
        if (!isLive) {
          await context.gone(store, id, 'a deleted session after touch() among others')
          continue
        }
        const { expiresAtMs } = await store.read(id)
        const isRight = expiresAtMs >= t0 + ttlOf(n) - tolerance && expiresAtMs <= t1 + ttlOf(n) + tolerance
        context.ok(
          isRight,
          `session ${n + 1} to expire ${ttlOf(n)} ms after its touch()`,
          `it expires ${expiresAtMs - t0} ms after the start of the call`,
        )
      }
    },
    serverOnly,
  ),

  defineCase('U1-others-stay', 'update() and touch() change no other session', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const others = await Promise.all(Array.from({ length: 6 }, () => context.create(store, { userId })))
    const look = async (): Promise<string> =>
      JSON.stringify(await Promise.all(others.map(async ({ id }) => context.fields(await store.read(id)))))
    const changed = await context.create(store, { userId })
    const before = await look()
    let id: SessionId = changed.id
    id = await store.update(id, context.json())
    id = await store.touch(id, 7_200_000)
    await store.update(id, '{}')
    context.ok((await look()) === before, 'the other sessions as they were', 'one of them was changed')
  }),

  defineCase(
    'R6-shared-flight',
    'a read() that starts after a write has resolved sees it, also while an older read() is in flight',
    async (context) => {
      const store = await context.open()
      for (let n = 0; n < 8; n += 1) {
        const made = await context.create(store)
        const older = store.read(made.id)
        const dataJson = context.json()
        const id = await store.update(made.id, dataJson)
        const newer = store.read(id)
        await older
        context.sameData((await newer).dataJson, dataJson)
      }
    },
    serverOnly,
  ),
]
