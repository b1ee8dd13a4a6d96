import { setTimeout as sleep } from 'node:timers/promises'

const askAgainAfterMs = 50

/** Resolves to what `check` does, once it does. Rejects with its last failure if that takes longer than `withinMs`. */
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
