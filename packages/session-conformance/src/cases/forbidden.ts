import type { SessionId } from '@bext/session-core'
import { isSessionError, mintSessionId } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import { untilItWorks } from '../toolbox/faulty-backend.js'
import { createExpired, retryWithLongerTtl } from '../toolbox/lifetime.js'
import { settleWithin } from '../runner/with-timeout.js'
import type { CheckedStore } from '../runner/checked-store.js'

const laterMs = 7_200_000
const callLimitMs = 60_000

/**
 * Makes a call that the backend may forbid. Resolves, once the call has settled, to a check to run when the backend
 * allows calls again: it resolves to true if the call was rejected, and fails if it was not rejected with `Backend`.
 */
type Attempt = (way: string) => Promise<() => Promise<boolean>>

/** Builds an attempt. If the call resolves, `isTrue` must hold for its result once the backend allows calls again. */
function attempt<Result>(
  name: string,
  call: () => Promise<Result>,
  isTrue: (result: Result) => Promise<boolean>,
): Attempt {
  return async (way) => {
    const what = `${name} while the backend forbids it ("${way}") to be answered with Backend`
    const settled = await settleWithin(call(), callLimitMs)
    return async () => {
      if (settled.state === 'pending') throw new ConformanceFailure(what, 'it did not settle', 'E5')
      if (settled.state === 'resolved') {
        if (await isTrue(settled.value)) return false
        throw new ConformanceFailure(what, 'it resolved, and nothing was done')
      }
      if (!isSessionError(settled.error)) throw settled.error
      if (settled.error.code === 'Backend') return true
      throw new ConformanceFailure(what, `it was ${settled.error.code}`)
    }
  }
}

type Prepare = (context: CaseContext, store: CheckedStore) => Promise<readonly Attempt[]>

/** Makes the calls while the backend forbids them, in each way of the harness. Resolves to ways that forbade none. */
async function underEachWay(context: CaseContext, prepare: Prepare): Promise<readonly string[]> {
  const unrefused: string[] = []
  for (const [way, begin] of Object.entries(context.harness.conditions?.forbid ?? {})) {
    const namespace = context.freshNamespace()
    const store = await context.open({ namespace })
    const bystander = await context.create(store, { userId: context.userId() })
    const attempts = await prepare(context, store)
    const end = await context.bring(way, () => begin(namespace))
    const checks = await Promise.all(attempts.map((each) => each(way)))
    await end()
    const refused = []
    for (const check of checks) refused.push(await check())
    if (!refused.includes(true)) unrefused.push(way)
    const after = await untilItWorks(context, store, () => store.read(bystander.id))
    context.sameData(after.dataJson, bystander.dataJson)
  }
  return unrefused
}

async function prepareMain(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const make = (): Promise<MadeSession> => context.create(store, { userId: context.userId() })
  const [read, updated, touched, deleted] = [await make(), await make(), await make(), await make()]
  const found = async (id: SessionId): Promise<boolean> =>
    (await untilItWorks(context, store, () => context.orNotFound(store.read(id)))) !== undefined
  return [
    attempt('create()', make, ({ id }) => found(id)),
    attempt(
      'read()',
      () => store.read(read.id),
      async ({ dataJson }) => context.isSameData(dataJson, read.dataJson),
    ),
    attempt(
      'update()',
      () => store.update(updated.id, '{"allowed":true}'),
      async (id) =>
        context.isSameData((await untilItWorks(context, store, () => store.read(id))).dataJson, '{"allowed":true}'),
    ),
    attempt(
      'touch()',
      () => store.touch(touched.id, laterMs),
      async (id) => (await untilItWorks(context, store, () => store.read(id))).expiresAtMs > touched.t1 + laterMs / 2,
    ),
    attempt(
      'delete()',
      () => store.delete(deleted.id),
      async () => !(await found(deleted.id)),
    ),
  ]
}

async function prepareByUser(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const users = [context.userId(), context.userId(), context.userId()] as const
  for (const userId of users) await context.create(store, { userId })
  const [listed, endedOne, endedAll] = users
  const handle = (await store.listUserSessions(endedOne))[0]?.handle ?? ''
  const count = async (userId: string): Promise<number> =>
    (await untilItWorks(context, store, () => store.listUserSessions(userId))).length
  return [
    attempt(
      'listUserSessions()',
      () => store.listUserSessions(listed),
      async ({ length }) => length === 1,
    ),
    attempt(
      'endUserSession()',
      () => store.endUserSession(endedOne, handle),
      async () => (await count(endedOne)) === 0,
    ),
    attempt(
      'endUserSessions()',
      () => store.endUserSessions(endedAll),
      async () => (await count(endedAll)) === 0,
    ),
  ]
}

async function prepareSweep(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const expired = 3
  await retryWithLongerTtl(context, (ttlMs) => createExpired(context, store, expired, ttlMs))
  return [
    attempt(
      'sweep()',
      () => store.sweep(),
      async ({ removed }) => removed >= expired,
    ),
  ]
}

async function prepareCompare(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const { id, dataJson } = await context.create(store, { userId: context.userId() })
  return [
    attempt(
      'updateIfUnchanged()',
      () => store.updateIfUnchanged(id, dataJson, '{"allowed":true}'),
      async ({ outcome }) => {
        const after = await untilItWorks(context, store, () => store.read(id))
        return outcome === 'updated' && context.isSameData(after.dataJson, '{"allowed":true}')
      },
    ),
  ]
}

async function prepareUserRecords(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const userId = context.userId()
  const { id, dataJson } = await context.create(store, { userId })
  const handle = (await store.listUserRecords(userId))[0]?.handle ?? ''
  return [
    attempt(
      'listUserRecords()',
      () => store.listUserRecords(userId),
      async ({ length }) => length === 1,
    ),
    attempt(
      'updateUserRecord()',
      () => store.updateUserRecord(userId, handle, dataJson, '{"allowed":true}'),
      async ({ outcome }) => {
        const after = await untilItWorks(context, store, () => store.read(id))
        return outcome === 'updated' && context.isSameData(after.dataJson, '{"allowed":true}')
      },
    ),
  ]
}

async function prepareGivenId(context: CaseContext, store: CheckedStore): Promise<readonly Attempt[]> {
  const [id, userId, dataJson] = [mintSessionId(), context.userId(), context.json()]
  return [
    attempt(
      'createWithId()',
      () => store.createWithId(id, { userId, dataJson, ttlMs: 60_000 }),
      async ({ outcome }) =>
        outcome === 'created' &&
        context.isSameData((await untilItWorks(context, store, () => store.read(id))).dataJson, dataJson),
    ),
  ]
}

/** A backend that can be reached but forbids a call is a failing backend (E4). */
export const forbiddenCases: readonly ConformanceCase[] = [
  defineCase(
    'E4-forbidden',
    'a call that the backend forbids rejects with Backend, never with NotFound, and never resolves',
    async (context) => {
      const [unrefused] = await underEachWay(context, prepareMain)
      if (unrefused === undefined) return
      throw new Error(
        `The harness' condition forbid "${unrefused}" forbade none of create, read, update, touch and delete.`,
      )
    },
    { families: ['server'], needs: ['forbid'] },
  ),
  defineCase(
    'E4-forbidden-by-user',
    "listing and ending a user's sessions rejects with Backend if the backend forbids it",
    async (context) => void (await underEachWay(context, prepareByUser)),
    { families: ['server'], needs: ['forbid', 'user-index'] },
  ),
  defineCase(
    'E4-forbidden-sweep',
    'sweep() rejects with Backend if the backend forbids it',
    async (context) => void (await underEachWay(context, prepareSweep)),
    { families: ['server'], needs: ['forbid', 'sweep'] },
  ),
  defineCase(
    'E4-forbidden-compare',
    'updateIfUnchanged() rejects with Backend if the backend forbids it, and never resolves to "changed"',
    async (context) => void (await underEachWay(context, prepareCompare)),
    { families: ['server'], needs: ['forbid', 'compare'] },
  ),
  defineCase(
    'E4-forbidden-user-records',
    "listing a user's sessions with their data, and updating one, rejects with Backend if the backend forbids it",
    async (context) => void (await underEachWay(context, prepareUserRecords)),
    { families: ['server'], needs: ['forbid', 'user-records'] },
  ),
  defineCase(
    'E4-forbidden-given-id',
    'createWithId() rejects with Backend if the backend forbids it, and never resolves to "taken"',
    async (context) => void (await underEachWay(context, prepareGivenId)),
    { families: ['server'], needs: ['forbid', 'given-id'] },
  ),
]
