import { setTimeout as sleep } from 'node:timers/promises'
import type { SweepCapability } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
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
   * How long to rest between two walks through the table, in milliseconds, give or take a half; at most 16 days.
   * Default: 60000.
   */
  readonly everyMs?: number | undefined
  /** The most records that one batch removes. Default: 1000. */
  readonly maxRecords?: number | undefined
  /**
   * Called with the error that ended a walk early; the next one starts all the same. What the hook throws is dropped.
   * Default: none.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A sweep that goes on in the background. */
export interface Sweeping {
  /** Ends it. Resolves once the batch that is under way is over. */
  stop(): Promise<void>
}

const factory = 'startSweeping'

// A rest takes up to one and a half times as long.
const maxEveryMs = Math.floor(maxTimerMs / 1.5)

function isClosed(error: unknown): boolean {
  return isSessionError(error) && error.reason === 'closed'
}

/**
 * Sweeps the store now and then, in small batches with rests between, until it is stopped or the store is closed. Many
 * processes may do so at once; they start at different times. It keeps no process alive. Throws a `TypeError` for a wrong option.
 */
export function startSweeping(store: SweepCapability, options: StartSweepingOptions = {}): Sweeping {
  if (typeof store !== 'object' || store === null || typeof store.sweep !== 'function') {
    const given = store === null || typeof store !== 'object' ? describeType(store) : 'an object without it'
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

  // Resolves to whether to go on.
  async function rest(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { ref: false, signal: stopping.signal }).catch(() => {})
    return !stopping.signal.aborted
  }

  async function walk(): Promise<void> {
    for (;;) {
      const startedAtMs = performance.now()
      const { more } = await store.sweep({ maxRecords })
      // The server belongs to the sessions that are alive for at least half of the time.
      if (!more || !(await rest(performance.now() - startedAtMs))) return
    }
  }

  async function run(): Promise<void> {
    while (await rest(everyMs * (0.5 + Math.random()))) {
      try {
        await walk()
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
