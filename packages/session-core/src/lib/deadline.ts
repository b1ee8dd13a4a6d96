import { toBackendError } from './backend-error.js'
import { SessionError } from './error.js'

/** How long a call to a networked store may take unless told otherwise, in milliseconds. */
export const defaultTimeoutMs = 2000

/** When a call has to be over, in milliseconds of `performance.now()`. */
export interface Deadline {
  readonly atMs: number
}

/**
 * Runs `work` and settles as it does, but rejects with `Backend`, reason `timeout`, once `timeoutMs` milliseconds have
 * passed (contract E5). What `work` rejects with becomes a `Backend` error, unless it is a `SessionError` (E1).
 * Giving up does not stop `work`: a write must carry its deadline along (see `createWriteFence`).
 */
export async function withinDeadline<T>(timeoutMs: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const atMs = performance.now() + timeoutMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    function arm(): void {
      timer = setTimeout(giveUp, Math.ceil(atMs - performance.now()))
    }
    // A timer counts whole milliseconds and may fire up to one early. But until `atMs` a write may still take effect,
    // and nobody may be told before that it has failed (contract E2).
    function giveUp(): void {
      if (performance.now() < atMs) arm()
      else reject(new SessionError('timeout', `The backend did not answer within ${timeoutMs} ms.`))
    }
    arm()
  })
  try {
    return await Promise.race([work({ atMs }), timeout])
  } catch (error) {
    throw toBackendError(error)
  } finally {
    clearTimeout(timer)
  }
}
