import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import type { Deadline } from '@bext/session-core/store-helpers'

/** A call on what somebody else has locked. */
export interface LockedCall {
  readonly deadline: Deadline
  readonly reject: (error: unknown) => void
}

const firstPauseMs = 2
const maxPauseMs = 64

// Tries take a fifth of the time of one connection at most, however many calls wait.
const restPerWork = 4
const maxAtOnce = 256

// A connection that hangs holds up only the calls that it carries.
const maxRoundMs = 50

// The time that a statement needs. All calls of a round share the earliest deadline.
const minLeftMs = 10

function locked(): SessionError {
  const found = 'Another transaction has held a lock on the row of the session for too long.'
  return new SessionError('timeout', `${found} Keep transactions that lock rows of the table short.`)
}

/**
 * Tries calls again, after growing pauses, until somebody else's lock is gone or their time is over. They wait in this
 * process and not in the server, so that a locked session takes no connection from the others (contract E5).
 * `attempt` settles what it can without waiting, resolves to the rest, and never rejects.
 */
export function createLockedCalls<Call extends LockedCall>(
  attempt: (deadline: Deadline, calls: readonly Call[]) => Promise<readonly Call[]>,
): (call: Call) => void {
  const waiting = new Map<Call, { readonly pauseMs: number; readonly dueAtMs: number }>()
  let isRunning = false

  /** The calls whose pause is over, each with its length. Those whose time is over are rejected. */
  function takeDue(): (readonly [call: Call, pauseMs: number])[] {
    const nowMs = performance.now()
    const due: (readonly [Call, number])[] = []
    for (const [call, { pauseMs, dueAtMs }] of waiting) {
      if (dueAtMs > nowMs) continue
      const isOver = call.deadline.atMs - nowMs < minLeftMs
      if (!isOver && due.length === maxAtOnce) continue
      waiting.delete(call)
      if (isOver) call.reject(locked())
      else due.push([call, pauseMs])
    }
    return due
  }

  async function tryAgain(due: readonly (readonly [call: Call, pauseMs: number])[]): Promise<void> {
    if (due.length === 0) return
    const calls = due.map(([call]) => call)
    const atMs = Math.min(...calls.map(({ deadline }) => deadline.atMs))
    const busy = new Set(await attempt({ atMs }, calls))
    for (const [call, pauseMs] of due) if (busy.has(call)) wait(call, Math.min(2 * pauseMs, maxPauseMs))
  }

  async function run(): Promise<void> {
    isRunning = true
    let restMs = 0
    while (waiting.size > 0) {
      let nextAtMs = Number.POSITIVE_INFINITY
      for (const { dueAtMs } of waiting.values()) nextAtMs = Math.min(nextAtMs, dueAtMs)
      await sleep(Math.max(restMs, Math.ceil(nextAtMs - performance.now())))
      const startedAtMs = performance.now()
      await Promise.race([tryAgain(takeDue()), sleep(maxRoundMs, undefined, { ref: false })])
      restMs = restPerWork * (performance.now() - startedAtMs)
    }
    isRunning = false
  }

  function wait(call: Call, pauseMs: number): void {
    const lastAtMs = call.deadline.atMs - minLeftMs
    waiting.set(call, { pauseMs, dueAtMs: Math.min(performance.now() + pauseMs, lastAtMs) })
    if (!isRunning) void run()
  }

  return (call) => wait(call, firstPauseMs)
}
