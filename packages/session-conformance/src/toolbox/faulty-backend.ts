import { isSessionError } from '@bext/session-core'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure, Inconclusive } from '../runner/failure.js'
import type { FaultProxy } from '../runner/fault-proxy.js'
import type { CheckedStore } from '../runner/checked-store.js'

/** The store's `timeoutMs` in cases with faults: long enough for a busy machine, short enough to wait for. */
export const faultTimeoutMs = 600

/** The time after which a store that does not recover is compared with a new one (H2), in milliseconds. */
const recoveryLimitMs = 20_000

/** The number of times that a new store must be healthy to show that the waiting one could work. */
const healthyTimes = 3

export type Fault = readonly [name: string, begin: (proxy: FaultProxy) => void]

export const faults: readonly Fault[] = [
  ['stalls', (proxy) => proxy.stall()],
  ['refuses', (proxy) => proxy.refuse()],
]

export type Write = readonly [name: string, call: (store: CheckedStore, session: MadeSession) => Promise<unknown>]

/** Writes whose late effect can be seen: other data, another expiry, no session. */
export const writes: readonly Write[] = [
  ['update()', (store, { id }) => store.update(id, '{"zombie":true}')],
  ['touch()', (store, { id }) => store.touch(id, 7_200_000)],
  ['delete()', (store, { id }) => store.delete(id)],
]

/**
 * Repeats `attempt` until it resolves to true. After 20 s, a busy machine may be the reason that it does not. So the store
 * fails with H2 only if a store that is opened then becomes healthy, and the waiting one still does not work. If the new
 * one does not become healthy either, the case is inconclusive.
 */
async function untilTrue(
  context: CaseContext,
  store: CheckedStore,
  attempt: () => Promise<boolean>,
  [expected, seen]: readonly [expected: string, seen: string],
): Promise<void> {
  const compareAtMs = Date.now() + recoveryLimitMs
  let other: CheckedStore | undefined
  let healthy = 0
  while (!(await attempt())) {
    if (healthy === healthyTimes) {
      throw new ConformanceFailure(expected, `${seen} after 20 s, and a store that was opened then is healthy`, 'H2')
    }
    if (Date.now() > compareAtMs + recoveryLimitMs) {
      throw new Inconclusive(
        'After 40 s neither the store nor another one works: the machine or the backend is too slow.',
      )
    }
    if (Date.now() > compareAtMs) {
      other ??= await context.openAlike(store)
      if (await other.isHealthy()) healthy += 1
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * Repeats a call of the store until it no longer rejects with `Backend`. A store with a short deadline may reject so on a
 * busy machine, but must stop once the backend is available again (H2).
 */
export async function untilItWorks<T>(context: CaseContext, store: CheckedStore, call: () => Promise<T>): Promise<T> {
  const results: T[] = []
  async function attempt(): Promise<boolean> {
    try {
      results.push(await call())
      return true
    } catch (error) {
      if (!isSessionError(error) || error.code !== 'Backend') throw error
      return false
    }
  }
  await untilTrue(context, store, attempt, ['calls to work once the backend is there', 'they still failed'])
  return results[0] as T
}

/** Waits until `isHealthy` is true. */
export async function untilHealthy(context: CaseContext, store: CheckedStore): Promise<void> {
  const failure = ['isHealthy() to be true once the backend is there', 'it was still false'] as const
  await untilTrue(context, store, () => store.isHealthy(), failure)
}

/** Waits until the store is healthy and writes again. By then the driver has sent everything that it had queued. */
export async function untilRecovered(context: CaseContext, store: CheckedStore): Promise<void> {
  await untilHealthy(context, store)
  await untilItWorks(context, store, () => context.create(store))
}

export interface BothStores {
  readonly proxy: FaultProxy
  /** A store behind the proxy, connected and used. */
  readonly broken: CheckedStore
  /** A store of the same namespace with a direct connection. */
  readonly direct: CheckedStore
}

export async function openBoth(context: CaseContext): Promise<BothStores> {
  const proxy = await context.openProxy()
  const broken = await context.open({ endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs })
  const direct = await context.open()
  // Make each call once before, so that the fault affects a store in use.
  const warm = await untilItWorks(context, broken, () => context.create(broken, { userId: context.userId() }))
  await untilItWorks(context, broken, () => broken.read(warm.id))
  for (const [, write] of writes) await untilItWorks(context, broken, () => write(broken, warm))
  return { proxy, broken, direct }
}

/** Fails unless the call rejects with `Backend` and the driver's error as the cause. A timeout needs no cause. */
export async function rejectsBackend(call: Promise<unknown>, what: string): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isSessionError(error)) throw error
    if (error.code !== 'Backend') {
      throw new ConformanceFailure(`${what} to be answered with Backend`, `it was ${error.code}`, 'E4')
    }
    if (error.reason !== 'timeout' && error.cause === undefined) {
      throw new ConformanceFailure(`${what} to keep the driver's error as its cause`, 'there is no cause', 'E3')
    }
    return
  }
  throw new ConformanceFailure(`${what} to be answered with Backend`, 'it resolved', 'E2')
}
