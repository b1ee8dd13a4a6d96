import { isSessionError, type SessionErrorCode, type SessionErrorReason } from '../contract/errors.js'
import { sessionPluginMethods } from '../contract/plugin.js'

/** A diagnostics event for one call of a store's method. It never contains an id, a key, a user id or session data. */
export interface OperationEvent {
  /** The name of the method. */
  readonly operation: string
  readonly durationMs: number
  /** `ok`, or the code of the error that the call rejected with. */
  readonly outcome: 'ok' | SessionErrorCode
  /** The reason of that error. */
  readonly reason: SessionErrorReason | undefined
}

/** A diagnostics event for one batch: several calls that a store sends to its backend in one command. */
export interface BatchEvent {
  /** Number of calls in the batch, at least 1. */
  readonly size: number
}

/** A destination for events. A channel of `node:diagnostics_channel` is one. */
export interface OperationChannel {
  readonly hasSubscribers: boolean
  publish(event: OperationEvent): void
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

// `close` is missing because it belongs to the life of the process, not to a request.
const operations = [
  ...sessionPluginMethods,
  'listUserSessions',
  'endUserSession',
  'endUserSessions',
  'listUserRecords',
  'updateUserRecord',
  'sweep',
  'updateIfUnchanged',
  'createWithId',
  'revokeUser',
]

/**
 * Makes the store publish an `OperationEvent` on the channel when a call of one of its methods settles. Replaces the
 * methods of the contract and of its optional interfaces, except `close`, on the store itself, and returns the store.
 * A call that starts while the channel has no subscribers publishes nothing and costs next to nothing.
 */
export function observeOperations<Store extends object>(channel: OperationChannel, store: Store): Store {
  async function publishAfter(operation: string, call: () => Promise<unknown>): Promise<unknown> {
    const startedAtMs = performance.now()
    let error: unknown
    try {
      return await call()
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      const { code, reason } = isSessionError(error) ? error : {}
      channel.publish({ operation, durationMs: performance.now() - startedAtMs, outcome: code ?? 'ok', reason })
    }
  }

  for (const operation of operations) {
    const method: unknown = Reflect.get(store, operation)
    if (typeof method !== 'function') continue
    const call = method.bind(store) as Method
    const observed: Method = (...args) =>
      channel.hasSubscribers ? publishAfter(operation, () => call(...args)) : call(...args)
    Reflect.set(store, operation, observed)
  }
  return store
}
