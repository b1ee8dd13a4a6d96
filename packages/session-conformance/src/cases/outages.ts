import type { ConformanceCase, Need } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import type { CheckedStore } from '../runner/checked-store.js'
import { ConformanceFailure } from '../runner/failure.js'
import type { StoreCapability } from '../runner/harness.js'
import { settleWithin } from '../runner/with-timeout.js'
import {
  faults,
  faultTimeoutMs,
  openBoth,
  rejectsBackend,
  untilItWorks,
  untilRecovered,
} from '../toolbox/faulty-backend.js'
import { watchWrites } from '../toolbox/watched-writes.js'

const needs: readonly Need[] = ['endpoint', 'shared-backend']
const networked = { families: ['server'], needs } as const

/** The time after which a write that was reported as failed is looked for again, in milliseconds. */
const lookLateMs = 5000

const deadlineMs = 3000
// A step that takes this long ends in time, and two of them do not. Both differ from the limits by enough for a busy machine.
const replyDelayMs = 2250
const endLimitMs = 3500

type OwnedSession = MadeSession & { readonly userId: string }

type Call = readonly [name: string, call: (store: CheckedStore) => Promise<unknown>]

/** Returns the reads of a session and of its user's sessions. */
function readsOf({ harness: { capabilities = [] } }: CaseContext, { id, userId, dataJson }: OwnedSession): Call[] {
  const optional: readonly (readonly [need: StoreCapability, ...Call])[] = [
    ['user-index', 'listUserSessions()', (store) => store.listUserSessions(userId)],
    ['user-records', 'listUserRecords()', (store) => store.listUserRecords(userId)],
    ['compare', 'updateIfUnchanged()', (store) => store.updateIfUnchanged(id, dataJson, dataJson)],
    ['sweep', 'sweep()', (store) => store.sweep()],
  ]
  return [
    ['read()', (store) => store.read(id)],
    ...optional.filter(([need]) => capabilities.includes(need)).map(([, ...call]): Call => call),
  ]
}

/** Fails unless the call rejects with `Backend`. A store that resolves has not asked the backend. */
async function isNotAnswered(call: Promise<unknown>, what: string): Promise<void> {
  const error: unknown = await call.then(
    () => new ConformanceFailure(`${what} to be answered with Backend`, 'it resolved: from memory, or by a guess'),
    (reason: unknown) => reason,
  )
  await rejectsBackend(Promise.reject(error), what)
}

/** Makes calls. Fails unless each ends within one deadline: resolves, or rejects with `Backend`. */
async function endInTime(calls: readonly Call[], store: CheckedStore, when: string): Promise<void> {
  await Promise.all(
    calls.map(async ([name, call]) => {
      const settled = await settleWithin(call(store), endLimitMs, deadlineMs)
      if (settled.state === 'pending') {
        throw new ConformanceFailure(
          `${name} to end within its deadline of ${deadlineMs} ms ${when}`,
          `it had not after ${endLimitMs} ms: each of its steps or attempts has a separate deadline`,
          'E5',
        )
      }
      if (settled.state === 'rejected') await rejectsBackend(Promise.reject(settled.error), name)
    }),
  )
}

/** Outages that last, and calls that answer, retry or wait in the meantime. */
export const outageCases: readonly ConformanceCase[] = [
  defineCase(
    'E2-retries',
    `a write that failed is not tried again later: ${lookLateMs / 1000} s after the outage, no write has had an effect`,
    async (context) => {
      const { proxy, broken, direct } = await openBoth(context)
      const watched = []
      for (const [fault, begin] of faults) {
        const writes = await watchWrites(context, direct)
        begin(proxy)
        context.trace.add(`the backend ${fault}`)
        await Promise.all(
          writes.map(({ name, write }) => rejectsBackend(write(broken), `${name} while the backend ${fault}`)),
        )
        proxy.restore()
        context.trace.add('the backend is back')
        await untilRecovered(context, broken)
        watched.push(...writes.map((each) => ({ ...each, fault })))
      }
      await new Promise((resolve) => setTimeout(resolve, lookLateMs))
      for (const { name, fault, hasHappened } of watched) {
        const expected = `${name} that failed while the backend ${fault} to have no effect later`
        context.ok(!(await hasHappened()), expected, 'it had one')
      }
    },
    networked,
  ),

  defineCase(
    'E4-from-memory',
    'while the backend stalls or refuses, no call is answered from memory or by a guess',
    async (context) => {
      const { proxy, broken, direct } = await openBoth(context)
      for (const [fault, begin] of faults) {
        const userId = context.userId()
        const session = { ...(await context.create(direct, { userId })), userId }
        const reads = readsOf(context, session)
        const writes = await watchWrites(context, direct)
        for (const [, call] of reads) await untilItWorks(context, broken, () => call(broken))
        begin(proxy)
        context.trace.add(`the backend ${fault}`)
        // From now on, whatever the store may have kept of the session is wrong.
        await direct.delete(session.id)
        const calls: readonly Call[] = [...reads, ...writes.map(({ name, write }): Call => [name, write])]
        await Promise.all(
          calls.map(([name, call]) => isNotAnswered(call(broken), `${name} while the backend ${fault}`)),
        )
        proxy.restore()
        await untilRecovered(context, broken)
      }
    },
    networked,
  ),

  defineCase(
    'E5-one-deadline',
    'a call ends within one deadline, however many steps and attempts it makes',
    async (context) => {
      const proxy = await context.openProxy()
      const store = await context.open({ endpoint: proxy.endpoint, timeoutMs: deadlineMs })
      const direct = await context.open()
      for (const [when, begin] of [
        ['while each reply takes three quarters of it', () => proxy.delayReplies(replyDelayMs)],
        ['while the backend stalls', () => proxy.stall()],
      ] as const) {
        const userId = context.userId()
        const session = { ...(await context.create(direct, { userId })), userId }
        const writes = await watchWrites(context, direct)
        const calls: readonly Call[] = [
          ['create()', (each) => context.create(each, { userId: context.userId() })],
          ['isHealthy()', (each) => each.isHealthy()],
          ...readsOf(context, session),
          ...writes.map(({ name, write }): Call => [name, write]),
        ]
        await untilRecovered(context, store)
        for (const [, call] of readsOf(context, session)) await untilItWorks(context, store, () => call(store))
        begin()
        context.trace.add(when)
        await endInTime(calls, store, when)
        proxy.delayReplies(0)
        proxy.restore()
      }
    },
    networked,
  ),

  defineCase(
    'O3-in-flight',
    'close() resolves in time while the backend stalls, and every call in flight rejects with Backend',
    async (context) => {
      const { proxy, broken, direct } = await openBoth(context)
      const writes = await watchWrites(context, direct)
      const session = await context.create(direct)
      proxy.stall()
      context.trace.add('the backend stalls')
      const calls = [
        context.rejects(broken.read(session.id), 'Backend', 'read() that is in flight at close()'),
        ...writes.map(({ name, write }) =>
          context.rejects(write(broken), 'Backend', `${name} that is in flight at close()`),
        ),
      ]
      await Promise.all([broken.close(), ...calls])
      await context.rejects(broken.read(session.id), 'Backend', 'read() after close()')
      proxy.restore()
      await untilRecovered(context, await context.open({ endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs }))
      for (const { name, hasHappened } of writes) {
        context.ok(
          !(await hasHappened()),
          `${name} that was in flight at close() to have no effect`,
          'it had one',
          'E2',
        )
      }
    },
    { families: ['server'], needs: [...needs, 'close'] },
  ),
]
