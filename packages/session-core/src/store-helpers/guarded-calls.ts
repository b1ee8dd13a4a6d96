import { isSessionError, SessionError } from '../contract/errors.js'
import { toBackendError } from './backend-error.js'
import { settleWithin, withinDeadline, type Deadline } from './deadline.js'
import { createWriteFence, type FencedReply } from './write-fence.js'

/** Properties of a backend that `createGuardedCalls` needs. */
export interface GuardedCallsOptions {
  /** Maximum duration of a call, in milliseconds. */
  readonly timeoutMs: number
  /** Reads the server's clock, in milliseconds. Should reject before the deadline, with the cause, if it cannot. */
  readonly askServerNowMs: (deadline: Deadline) => Promise<number>
  /**
   * Returns true if the server may still execute a write that failed with this error of the driver, because the server
   * has not answered it: the connection broke, or the driver queues the command.
   */
  readonly mayStillRun: (error: unknown) => boolean
  /** Converts an error of the driver. Default: `toBackendError`. */
  readonly toSessionError?: ((error: unknown) => SessionError) | undefined
}

/** Calls to a backend that keep the rules of networked stores (contract E1, E2, E5, O3). */
export interface GuardedCalls {
  /**
   * Runs a call of the store, and rejects with `Backend` once `timeoutMs` milliseconds have passed since `startedAtMs`,
   * in milliseconds of `performance.now()` (E5). Default of `startedAtMs`: now. The deadline that `work` receives is a
   * few milliseconds earlier. Rejects with reason `closed` after `close`.
   */
  readonly call: <T>(work: (deadline: Deadline) => Promise<T>, startedAtMs?: number) => Promise<T>
  /**
   * Runs a further step of a call in flight, like `call`, but also after `close`, which waits for it. The step must
   * begin as soon as the previous one has settled.
   */
  readonly resume: <T>(work: (deadline: Deadline) => Promise<T>, startedAtMs?: number) => Promise<T>
  /**
   * Sends a write that has no effect after the deadline; see `WriteFence`. If it fails while the server may still
   * execute it, rejects only once the server must refuse it (E2).
   */
  readonly fencedWrite: <T>(deadline: Deadline, send: (notAfterMs: number) => Promise<FencedReply<T>>) => Promise<T>
  /**
   * Makes later calls reject, waits until the calls in flight have settled, then runs `release`, which closes what the
   * store opened (O3). Runs it once, however often `close` is called.
   */
  readonly close: (release?: () => Promise<unknown>) => Promise<void>
}

// Work ends slightly before the timer of its call fires, so that the call rejects with the cause and not with a
// timeout.
const maxLeadMs = 5

function closedError(): SessionError {
  return new SessionError('closed', 'The session store is closed.')
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}

function sleepUntil(atMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, atMs - performance.now()))
  })
}

/** Creates the calls of a store whose backend is on a network. */
export function createGuardedCalls({
  timeoutMs,
  askServerNowMs,
  mayStillRun,
  toSessionError = toBackendError,
}: GuardedCallsOptions): GuardedCalls {
  const leadMs = Math.min(maxLeadMs, timeoutMs / 2)
  let inFlight = 0
  let onIdle: (() => void) | undefined
  let closing: Promise<void> | undefined
  let isReleased = false

  // The question has its own deadline, because the writes of many calls wait for one answer. It ends before the call
  // that asked, so that this call rejects with the cause.
  const fence = createWriteFence(() =>
    withinDeadline(timeoutMs, ({ atMs }) => askServerNowMs({ atMs: atMs - 2 * leadMs })),
  )

  function leave(): void {
    inFlight -= 1
    if (inFlight === 0) onIdle?.()
  }

  function run<T>(work: (deadline: Deadline) => Promise<T>, startedAtMs = performance.now()): Promise<T> {
    inFlight += 1
    return settleWithin(timeoutMs, ({ atMs }) => work({ atMs: atMs - leadMs }), startedAtMs, leave)
  }

  async function releaseWhenIdle(release?: () => Promise<unknown>): Promise<void> {
    // A call between two of its steps begins the next one before the next task.
    for (await nextTask(); inFlight > 0; await nextTask()) {
      await new Promise<void>((resolve) => {
        onIdle = resolve
      })
    }
    isReleased = true
    await release?.()
  }

  return {
    call: (work, startedAtMs) => (closing === undefined ? run(work, startedAtMs) : Promise.reject(closedError())),

    resume: (work, startedAtMs) => (isReleased ? Promise.reject(closedError()) : run(work, startedAtMs)),

    fencedWrite: (deadline, send) =>
      fence.write(deadline, send).catch(async (error: unknown) => {
        // Nobody may learn that the write failed while it can still take effect (E2).
        if (!isSessionError(error) && mayStillRun(error)) await sleepUntil(deadline.atMs + 1)
        throw toSessionError(error)
      }),

    close(release) {
      closing ??= releaseWhenIdle(release)
      return closing
    },
  }
}
