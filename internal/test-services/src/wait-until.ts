import { setTimeout as sleep } from 'node:timers/promises'

const askAgainAfterMs = 50

/** Calls `check` until it resolves, and resolves to its result. After `withinMs`, rejects with its last error. */
export async function waitUntil<T>(check: () => Promise<T>, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(askAgainAfterMs)
    }
  }
}
