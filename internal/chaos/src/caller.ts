import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError } from '@bext/session-core'
import { monitorLag } from './lag.js'
import { countCall, countViolation, type Counts } from './report.js'
import { timeoutMs } from './scenario.js'
import type { Span } from './versioned-value.js'

// A busy machine may add this to a deadline, besides the delay of the event loop.
const allowanceMs = 50
const answeredWithinMs = 30_000
// After a call that fails at once, so that such calls do not take all the time of this process.
const restMs = 5

/** Outcome of a call, and its time. `absent`: the session was not found. `failed`: the backend failed. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T; readonly span: Span }
  | { readonly kind: 'absent' | 'failed'; readonly span: Span }

/** Calls a store, and checks that each call ends in time and with an error of the contract (E1, E5). */
export interface Caller {
  /** Resolves to the outcome of a call, and counts it. Never rejects. */
  readonly call: <T>(name: string, send: () => Promise<T>) => Promise<Outcome<T>>
  readonly stop: () => void
}

/**
 * Resolves to the result of a call that is no part of the load. Calls again while the backend does not answer in time,
 * because a busy machine may exceed a deadline without any disturbance. Rejects with the last error after 30 s.
 */
export async function untilAnswered<T>(send: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + answeredWithinMs
  for (;;) {
    try {
      return await send()
    } catch (error) {
      if (!isSessionError(error) || error.reason !== 'timeout' || performance.now() >= endMs) throw error
    }
  }
}

/** Creates a caller, which measures the delays of the event loop until it is stopped. */
export function createCaller(counts: Counts): Caller {
  const lag = monitorLag()

  /** Counts a call that the late loop of this process does not excuse. A loop that is late again and again adds up. */
  function checkDeadline(name: string, { startMs, endMs }: Span): void {
    const lagMs = Math.max(lag.worst(startMs, endMs), lag.total(startMs + timeoutMs, endMs))
    const allowedMs = timeoutMs + allowanceMs + lagMs
    if (endMs - startMs <= allowedMs) return
    const took = `${name} took ${Math.round(endMs - startMs)} ms, but ${Math.round(allowedMs)} are allowed`
    countViolation(counts, 'deadline exceeded', took)
  }

  async function call<T>(name: string, send: () => Promise<T>): Promise<Outcome<T>> {
    const startMs = performance.now()
    const finish = (): Span => {
      const endMs = performance.now()
      if (endMs - startMs > timeoutMs) checkDeadline(name, { startMs, endMs })
      return { startMs, endMs }
    }
    try {
      const value = await send()
      const span = finish()
      countCall(counts, name)
      return { kind: 'done', value, span }
    } catch (error) {
      const span = finish()
      if (isSessionError(error) && error.code === 'Backend') {
        countCall(counts, `Backend ${error.reason}`)
        await sleep(restMs)
        return { kind: 'failed', span }
      }
      if (isSessionError(error) && error.code === 'NotFound' && name !== 'create' && name !== 'delete') {
        countCall(counts, 'NotFound')
        return { kind: 'absent', span }
      }
      countViolation(counts, 'wrong error', `${name}: ${String(error)}`)
      return { kind: 'failed', span }
    }
  }

  return { call, stop: () => lag.stop() }
}
