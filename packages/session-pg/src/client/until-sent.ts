import { setTimeout as sleep } from 'node:timers/promises'
import { isUnsentByBreak } from '../errors.js'

const maxBreaks = 5
const breakPauseMs = 10

/**
 * Runs a statement again, with longer and longer pauses, where a breaking connection has not sent it: never after
 * `untilMs` of `performance.now()`. Rejects with the driver's error.
 */
export async function untilSent<T>(statement: () => Promise<T>, untilMs: number = Infinity): Promise<T> {
  for (let breaks = 0; ; breaks += 1) {
    try {
      return await statement()
    } catch (error) {
      if (!isUnsentByBreak(error) || breaks === maxBreaks || performance.now() >= untilMs) throw error
      // At once, because the connection is there; later, if it breaks again.
      await sleep(breakPauseMs * breaks)
    }
  }
}
