import { isSessionError } from '@bext/session-core'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import type { FaultProxy } from '../runner/fault-proxy.js'
import type { CheckedStore } from '../runner/checked-store.js'

/** The store's `timeoutMs` in cases with faults: long enough for a busy machine, short enough to wait for. */
export const faultTimeoutMs = 600

/** The time limit for a store to recover after its backend returns (H2), in milliseconds. */
const recoveryLimitMs = 20_000

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
 * Repeats a call until it no longer rejects with `Backend`. A store with a short deadline may reject so on a busy
 * machine, but must stop once the backend is available again (H2).
 */
export async function untilItWorks<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAtMs = Date.now() + recoveryLimitMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isSessionError(error) || error.code !== 'Backend') throw error
      if (Date.now() > giveUpAtMs) {
        throw new ConformanceFailure('calls to work once the backend is there', 'they still failed after 20 s', 'H2')
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Waits until `isHealthy` is true. */
export async function untilHealthy(store: CheckedStore): Promise<void> {
  const giveUpAtMs = Date.now() + recoveryLimitMs
  while (!(await store.isHealthy())) {
    if (Date.now() > giveUpAtMs) {
      throw new ConformanceFailure(
        'isHealthy() to be true once the backend is there',
        'it was still false after 20 s',
        'H2',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Waits until the store is healthy and writes again. By then the driver has sent everything that it had queued. */
export async function untilRecovered(context: CaseContext, store: CheckedStore): Promise<void> {
  await untilHealthy(store)
  await untilItWorks(() => context.create(store))
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
  const warm = await untilItWorks(() => context.create(broken, { userId: context.userId() }))
  await untilItWorks(() => broken.read(warm.id))
  for (const [, write] of writes) await untilItWorks(() => write(broken, warm))
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
