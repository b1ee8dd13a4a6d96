import { setTimeout as sleep } from 'node:timers/promises'
import { isUnsentByBreak } from '../errors.js'

const maxBreaks = 5
const breakPauseMs = 10

/**
 * Waits before a statement is sent again, longer after each break. Rejects with the driver's error unless the connection
 * broke before the statement was sent, and after `untilMs` of `performance.now()`.
 */
export async function pauseBeforeRetry(error: unknown, breaks: number, untilMs: number): Promise<void> {
  if (!isUnsentByBreak(error) || breaks === maxBreaks || performance.now() >= untilMs) throw error
  // The first retry is immediate, because the driver has reconnected. If the connection breaks again, pause.
  await sleep(breakPauseMs * breaks)
}

/**
 * Runs a statement, and runs it again after growing pauses if the connection broke before the statement was sent. It is
 * not run again after `untilMs` of `performance.now()`. Rejects with the driver's error.
 */
export async function retryUnsent<T>(statement: () => Promise<T>, untilMs: number = Infinity): Promise<T> {
  for (let breaks = 0; ; breaks += 1) {
    try {
      return await statement()
    } catch (error) {
      await pauseBeforeRetry(error, breaks, untilMs)
    }
  }
}
