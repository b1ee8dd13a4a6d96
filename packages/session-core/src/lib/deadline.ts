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
    timer = setTimeout(() => {
      reject(new SessionError('timeout', `The backend did not answer within ${timeoutMs} ms.`))
    }, timeoutMs)
  })
  try {
    return await Promise.race([work({ atMs }), timeout])
  } catch (error) {
    throw toBackendError(error)
  } finally {
    clearTimeout(timer)
  }
}
