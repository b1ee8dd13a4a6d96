import { toBackendError } from './backend-error.js'
import { maxTimerMs } from './option-checks.js'
import { SessionError } from '../contract/errors.js'

/** Default maximum duration of a call to a networked store, in milliseconds. */
export const defaultTimeoutMs = 2000

/** Time by which a call must end, in milliseconds of `performance.now()`. */
export interface Deadline {
  readonly atMs: number
}

/**
 * Runs `work` and settles as it does, but rejects with `Backend`, reason `timeout`, once `timeoutMs` milliseconds have
 * passed since `startedAtMs`, in milliseconds of `performance.now()` (contract E5). Converts an error of `work` into a
 * `Backend` error, unless it is a `SessionError` (E1).
 * A timeout does not stop `work`: a write must carry its deadline (see `createWriteFence`).
 */
export function withinDeadline<T>(
  timeoutMs: number,
  work: (deadline: Deadline) => Promise<T>,
  startedAtMs: number = performance.now(),
): Promise<T> {
  return settleWithin(timeoutMs, work, startedAtMs, () => {})
}

/** Does the same as `withinDeadline`, and calls `onSettled` once, when it settles. */
export function settleWithin<T>(
  timeoutMs: number,
  work: (deadline: Deadline) => Promise<T>,
  startedAtMs: number,
  onSettled: () => void,
): Promise<T> {
  const atMs = startedAtMs + timeoutMs
  // A promise made by hand, because every call of a store takes this path.
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    function arm(): void {
      // Never negative, of which Node 24 warns: a busy process may call this late.
      const leftMs = Math.max(0, Math.ceil(atMs - performance.now()))
      timer = setTimeout(giveUp, Math.min(maxTimerMs, leftMs))
    }
    function settle(): void {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
      onSettled()
    }
    // A timer counts whole milliseconds and may fire up to one early. Until `atMs` a write may still take effect, so the
    // call must not report a failure earlier (contract E2).
    function giveUp(): void {
      if (performance.now() < atMs) return arm()
      settle()
      reject(new SessionError('timeout', `The backend did not answer within ${timeoutMs} ms.`))
    }
    function succeed(value: T): void {
      settle()
      resolve(value)
    }
    function fail(error: unknown): void {
      settle()
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
