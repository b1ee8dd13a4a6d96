import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import type { Deadline } from '@bext/session-core/store-helpers'
import type { WrittenRow } from '../connection.js'

/** A call that waits because another transaction has locked the row of its session. */
export interface LockedCall {
  readonly deadline: Deadline
  readonly reject: (error: unknown) => void
}

const firstPauseMs = 2
const maxPauseMs = 64

// Retries use at most a fifth of the time of one connection, however many calls wait.
const restPerWork = 4
const maxCallsPerRound = 256

// A hanging connection delays only the calls that it carries.
const maxRoundMs = 50

// Time that a statement needs. All calls of a round share the earliest deadline.
const minRemainingMs = 10

function lockTimeout(): SessionError {
  const found = 'Another transaction held a lock on the row of the session for too long.'
  return new SessionError('timeout', `${found} Keep transactions short that lock rows of the table.`)
}

/**
 * Creates a function that retries a call, after growing pauses, until the other transaction has released the lock or the
 * deadline has passed. Calls wait in this process and not in the server, so that a locked session takes no connection from
 * other sessions (contract E5). `attempt` settles the calls that are no longer locked, resolves to the others, and never
 * rejects.
 */
export function createLockedCalls<Call extends LockedCall>(
  attempt: (deadline: Deadline, calls: readonly Call[]) => Promise<readonly Call[]>,
): (call: Call) => void {
  const waiting = new Map<Call, { readonly pauseMs: number; readonly dueAtMs: number }>()
  let isRunning = false

  /** Removes and returns the calls whose pause is over, with the length of their pause. Rejects those out of time. */
  function takeDue(): (readonly [call: Call, pauseMs: number])[] {
    const nowMs = performance.now()
    const due: (readonly [Call, number])[] = []
    for (const [call, { pauseMs, dueAtMs }] of waiting) {
      if (dueAtMs > nowMs) continue
      const isOutOfTime = call.deadline.atMs - nowMs < minRemainingMs
      if (!isOutOfTime && due.length === maxCallsPerRound) continue
      waiting.delete(call)
      if (isOutOfTime) call.reject(lockTimeout())
      else due.push([call, pauseMs])
    }
    return due
  }

  async function retry(due: readonly (readonly [call: Call, pauseMs: number])[]): Promise<void> {
    if (due.length === 0) return
    const calls = due.map(([call]) => call)
    const atMs = Math.min(...calls.map(({ deadline }) => deadline.atMs))
    const locked = new Set(await attempt({ atMs }, calls))
    for (const [call, pauseMs] of due) if (locked.has(call)) wait(call, Math.min(2 * pauseMs, maxPauseMs))
  }

  async function run(): Promise<void> {
    isRunning = true
    let restMs = 0
    while (waiting.size > 0) {
      let nextAtMs = Number.POSITIVE_INFINITY
      for (const { dueAtMs } of waiting.values()) nextAtMs = Math.min(nextAtMs, dueAtMs)
      await sleep(Math.max(restMs, Math.ceil(nextAtMs - performance.now())))
      const startedAtMs = performance.now()
      await Promise.race([retry(takeDue()), sleep(maxRoundMs, undefined, { ref: false })])
      restMs = restPerWork * (performance.now() - startedAtMs)
    }
    isRunning = false
  }

  function wait(call: Call, pauseMs: number): void {
    const lastAtMs = call.deadline.atMs - minRemainingMs
    waiting.set(call, { pauseMs, dueAtMs: Math.min(performance.now() + pauseMs, lastAtMs) })
    if (!isRunning) void run()
  }

  return (call) => wait(call, firstPauseMs)
}

type Send = () => Promise<WrittenRow>

interface LockedWrite extends LockedCall {
  readonly send: Send
  readonly resolve: (row: WrittenRow) => void
}

async function sendInTurn(writes: readonly LockedWrite[]): Promise<LockedWrite[]> {
  const locked: LockedWrite[] = []
  for (const write of writes) {
    try {
      const row = await write.send()
      if (row[0] === 'locked') locked.push(write)
      else write.resolve(row)
    } catch (error) {
      write.reject(error)
    }
  }
  return locked
}

/**
 * Creates a function that sends a write and retries it while its outcome is `locked`. All writes that wait share one
 * connection, one after the other.
 */
export function createRunWaitingForLock(): (deadline: Deadline, send: Send) => Promise<WrittenRow> {
  const retryWhenUnlocked = createLockedCalls<LockedWrite>((_deadline, writes) => sendInTurn(writes))
  return async (deadline, send) => {
    const row = await send()
    if (row[0] !== 'locked') return row
    return new Promise((resolve, reject) => retryWhenUnlocked({ deadline, send, resolve, reject }))
  }
}
