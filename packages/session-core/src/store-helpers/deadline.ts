import { toBackendError } from './backend-error.js'
import { maxTimerMs } from './option-checks.js'
import { SessionError } from '../contract/errors.js'

/** How long a call to a networked store may take unless told otherwise, in milliseconds. */
export const defaultTimeoutMs = 2000

/** When a call has to be over, in milliseconds of `performance.now()`. */
export interface Deadline {
  readonly atMs: number
}

/**
 * Runs `work` and settles as it does, but rejects with `Backend`, reason `timeout`, once `timeoutMs` milliseconds have
 * passed since `startedAtMs`, in milliseconds of `performance.now()` (contract E5). What `work` rejects with becomes a
 * `Backend` error, unless it is a `SessionError` (E1).
 * Giving up does not stop `work`: a write must carry its deadline along (see `createWriteFence`).
 */
export function withinDeadline<T>(
  timeoutMs: number,
  work: (deadline: Deadline) => Promise<T>,
  startedAtMs: number = performance.now(),
): Promise<T> {
  const atMs = startedAtMs + timeoutMs
  // One promise of its own, as this is in the path of every call.
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>
    function arm(): void {
      timer = setTimeout(giveUp, Math.min(maxTimerMs, Math.ceil(atMs - performance.now())))
    }
    // A timer counts whole milliseconds and may fire up to one early. But until `atMs` a write may still take effect,
    // and nobody may be told before that it has failed (contract E2).
    function giveUp(): void {
      if (performance.now() < atMs) arm()
      else reject(new SessionError('timeout', `The backend did not answer within ${timeoutMs} ms.`))
    }
    function succeed(value: T): void {
      clearTimeout(timer)
      resolve(value)
    }
    function fail(error: unknown): void {
      clearTimeout(timer)
      reject(toBackendError(error))
    }
    arm()
    try {
      work({ atMs }).then(succeed, fail)
    } catch (error) {
      fail(error)
    }
  })
}
