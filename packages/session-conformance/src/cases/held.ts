import { isSessionError } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import { untilItWorks } from '../toolbox/faulty-backend.js'
import type { CheckedStore } from '../runner/checked-store.js'

interface Hold {
  /** The number of locked sessions. */
  readonly sessions: number
  /** The number of calls per locked session. `sessions` times `calls` exceeds the size of any pool. */
  readonly calls: number
}

// On a busy machine, a correct store may miss the first deadline. Only a store that also misses the second one fails.
const deadlinesMs = [1500, 6000]
const laterMs = 7_200_000

// Long enough for the calls to reach the backend and to wait there.
const reachMs = 100

/** Returns the result of the call. Fails if the call rejects. */
async function served<T>(call: Promise<T>, name: string, when: string): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!isSessionError(error)) throw error
    const seen = `it was ${error.code} (${error.reason})`
    throw new ConformanceFailure(`${name} on another session to be served ${when}`, seen)
  }
}

/** Makes every call once on sessions that are not locked. Fails unless all are served soon. */
async function serveOthers(context: CaseContext, store: CheckedStore, timeoutMs: number, when: string): Promise<void> {
  const startedAtMs = performance.now()
  const calls: readonly (readonly [name: string, call: (session: MadeSession) => Promise<unknown>])[] = [
    ['read()', ({ id }) => store.read(id)],
    ['update()', ({ id }) => store.update(id, '{"served":true}')],
    ['touch()', ({ id }) => store.touch(id, 120_000)],
    ['delete()', ({ id }) => store.delete(id)],
  ]
  await Promise.all(
    calls.map(async ([name, call]) => {
      const session = await served(context.create(store), 'create()', when)
      await served(call(session), name, when)
    }),
  )
  const tookMs = performance.now() - startedAtMs
  // Later, they may have been served only because the waiting calls had timed out.
  context.ok(
    tookMs <= timeoutMs / 2,
    `calls on other sessions to be served within ${timeoutMs / 2} ms, half of their deadline, ${when}`,
    `they took ${Math.round(tookMs)} ms`,
  )
}

/** Returns true if the call resolved. Fails if it rejected with another code than `Backend`. */
async function wasServed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (!isSessionError(error)) throw error
    if (error.code === 'Backend') return false
    const expected = 'a call on a session that somebody else holds to wait, or to be answered with Backend'
    throw new ConformanceFailure(expected, `it was ${error.code}`, 'E4')
  }
}

/** Makes calls on locked sessions, which may wait. Resolves to one boolean for each call: true if it was served. */
function waitOn(store: CheckedStore, held: readonly MadeSession[], { calls }: Hold): Promise<readonly boolean[]> {
  const kinds: readonly ((session: MadeSession) => Promise<unknown>)[] = [
    ({ id }) => store.update(id, '{"zombie":true}'),
    ({ id }) => store.touch(id, laterMs),
    ({ id }) => store.delete(id),
  ]
  const waiting = held.flatMap((session, m) =>
    Array.from({ length: calls }, (_, n) => wasServed(kinds[(m + n) % kinds.length]?.(session) ?? Promise.resolve())),
  )
  return Promise.all(waiting)
}

async function holdOnce(context: CaseContext, hold: Hold, timeoutMs: number): Promise<void> {
  const namespace = context.freshNamespace()
  const store = await context.open({ namespace, timeoutMs })
  const held: MadeSession[] = []
  for (let n = 0; n < hold.sessions; n += 1) held.push(await untilItWorks(context, store, () => context.create(store)))
  const ids = held.map(({ id }) => id)
  const end = await context.bring('hold', (conditions) => conditions.hold?.(namespace, ids))

  const first = waitOn(store, held, hold)
  first.catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, reachMs))
  await serveOthers(context, store, timeoutMs, 'while calls wait for what somebody else holds')
  const ended = [...(await first)]
  await serveOthers(context, store, timeoutMs, 'after the waiting calls were given up')
  const second = waitOn(store, held, hold)
  second.catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, reachMs))
  await serveOthers(context, store, timeoutMs, 'while calls wait a second time')
  ended.push(...(await second))

  await end()
  // A call that was not served may have no effect, neither at once nor later.
  if (ended.includes(true)) return
  await checkUntouched(context, store, held)
  await new Promise((resolve) => setTimeout(resolve, reachMs))
  await checkUntouched(context, store, held)
}

async function checkUntouched(context: CaseContext, store: CheckedStore, held: readonly MadeSession[]): Promise<void> {
  for (const { id, dataJson, t1 } of held) {
    const after = await untilItWorks(context, store, () => context.orNotFound(store.read(id)))
    context.ok(
      after !== undefined && context.isSameData(after.dataJson, dataJson) && after.expiresAtMs < t1 + laterMs / 2,
      'calls that were given up to have no effect once the hold is over',
      'one had an effect',
      'E2',
    )
  }
}

async function holdPatiently(context: CaseContext, hold: Hold): Promise<void> {
  for (const timeoutMs of deadlinesMs) {
    try {
      await holdOnce(context, hold, timeoutMs)
      return
    } catch (error) {
      if (!(error instanceof ConformanceFailure) || timeoutMs === deadlinesMs.at(-1)) throw error
    }
  }
}

/** A session that another client locks must not delay other sessions (E5). */
export const heldCases: readonly ConformanceCase[] = [
  defineCase(
    'E5-held',
    'calls on other sessions are served while many calls wait for one locked session',
    (context) => holdPatiently(context, { sessions: 1, calls: 40 }),
    { families: ['server'], needs: ['hold'] },
  ),
  defineCase(
    'E5-held-many',
    'calls on other sessions are served while a call waits for each of many locked sessions',
    (context) => holdPatiently(context, { sessions: 12, calls: 1 }),
    { families: ['server'], needs: ['hold'] },
  ),
]
