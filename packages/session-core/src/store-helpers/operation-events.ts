import { isSessionError, type SessionErrorCode, type SessionErrorReason } from '../contract/errors.js'

/** What is told of an operation of a store: never an id, a key, a user or data. */
export interface OperationEvent {
  /** The name of the store's method. */
  readonly operation: string
  readonly durationMs: number
  /** How it ended: `ok`, or the code of its error. */
  readonly outcome: 'ok' | SessionErrorCode
  /** The reason of its error. */
  readonly reason: SessionErrorReason | undefined
  /** How many calls went to the backend in one command with this one; 0 if it ended before any. */
  readonly batchSize: number
}

/** What an operation notes of itself while it runs. */
export interface Observation {
  batchSize: number
}

/** Where events go: a channel of `node:diagnostics_channel` is one. */
export interface OperationChannel {
  readonly hasSubscribers: boolean
  publish(event: OperationEvent): void
}

/** Makes the operation one that is told of on the channel, once it has ended, if somebody listens when it begins. */
export type Observed = <Args extends readonly unknown[], T>(
  operation: string,
  work: (observation: Observation, ...args: Args) => Promise<T>,
) => (...args: Args) => Promise<T>

const unobserved: Observation = { batchSize: 0 }

/** For stores that tell of their operations. Costs next to nothing while nobody listens. */
export function observeOperations(channel: OperationChannel): Observed {
  async function publishAfter<T>(operation: string, work: (observation: Observation) => Promise<T>): Promise<T> {
    const observation = { batchSize: 0 }
    const startedAtMs = performance.now()
    let error: unknown
    try {
      return await work(observation)
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      const { code, reason } = isSessionError(error) ? error : {}
      channel.publish({
        operation,
        durationMs: performance.now() - startedAtMs,
        outcome: code ?? 'ok',
        reason,
        batchSize: observation.batchSize,
      })
    }
  }

  return (operation, work) =>
    (...args) => {
      if (!channel.hasSubscribers) return work(unobserved, ...args)
      return publishAfter(operation, (observation) => work(observation, ...args))
    }
}
