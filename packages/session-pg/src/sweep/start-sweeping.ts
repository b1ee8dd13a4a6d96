import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError, type SweepCapability } from '@bext/session-core'
import {
  callHook,
  checkPositiveInteger,
  checkTimerMs,
  describeType,
  maxTimerMs,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'

export interface StartSweepingOptions {
  /**
   * Pause between two sweeps of the whole table, in milliseconds, at most 16 days. Each pause is varied at random by up to
   * a half. Default: 60000.
   */
  readonly everyMs?: number | undefined
  /** Maximum number of records that one batch removes. Default: 1000. */
  readonly maxRecords?: number | undefined
  /**
   * Called with the error that ended a sweep early. The next sweep still starts. Errors of the hook are ignored.
   * Default: none.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Handle of background sweeping. */
export interface Sweeping {
  /** Stops sweeping. Resolves when the batch in flight has ended. */
  stop(): Promise<void>
}

const factory = 'startSweeping'

// A pause takes up to one and a half times as long.
const maxEveryMs = Math.floor(maxTimerMs / 1.5)

function isClosed(error: unknown): boolean {
  return isSessionError(error) && error.reason === 'closed'
}

/**
 * Sweeps the store at intervals, in small batches with pauses between them, until it is stopped or the store is closed
 * (contract O2). Many processes may do so at once; they start at different times. It keeps no process alive. Throws a
 * `TypeError` for a wrong option.
 */
export function startSweeping(store: SweepCapability, options: StartSweepingOptions = {}): Sweeping {
  if (typeof store !== 'object' || store === null || typeof store.sweep !== 'function') {
    const given = store === null || typeof store !== 'object' ? describeType(store) : 'an object without sweep()'
    throw new TypeError(`${factory}: expected a store with sweep(), but it is ${given}.`)
  }
  rejectUnknownOptions(factory, options, ['everyMs', 'maxRecords', 'onError'])
  const { everyMs = 60_000, maxRecords = 1000, onError = () => {} } = options
  checkTimerMs(factory, 'everyMs', everyMs, maxEveryMs)
  checkPositiveInteger(factory, 'maxRecords', maxRecords)
  if (typeof onError !== 'function') {
    throw new TypeError(`${factory}: option onError must be a function, but it is ${describeType(onError)}.`)
  }
  const stopping = new AbortController()

  // Resolves to false once sweeping is stopped.
  async function pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { ref: false, signal: stopping.signal }).catch(() => {})
    return !stopping.signal.aborted
  }

  async function sweepTable(): Promise<void> {
    for (;;) {
      const startedAtMs = performance.now()
      const { more } = await store.sweep({ maxRecords })
      // Sweep for at most half of the time, so that the server has capacity for calls.
      if (!more || !(await pause(performance.now() - startedAtMs))) return
    }
  }

  async function run(): Promise<void> {
    while (await pause(everyMs * (0.5 + Math.random()))) {
      try {
        await sweepTable()
      } catch (error) {
        if (isClosed(error)) return
        callHook(onError, error)
      }
    }
  }

  const running = run()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
