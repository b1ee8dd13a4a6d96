import { setImmediate } from 'node:timers/promises'
import type { SessionPlugin } from '@bext/session-core'

/** Returns the name of a call of the store that waits for its turn, or undefined for one that does not. */
export type NameOf = (method: string, id: unknown) => string | undefined

/** Work whose calls of a store wait until they are allowed to run. */
export interface Lane {
  readonly store: SessionPlugin
  start(work: () => Promise<unknown>): void
  /** Resolves to true once calls of the work wait, or to false once the work has ended. */
  waits(): Promise<boolean>
  /** Lets the calls that wait run. Returns their names. */
  step(): string
  /** Resolves once the work has ended. Rejects with its error. */
  ended(): Promise<unknown>
}

export function createLane(inner: SessionPlugin, nameOf: NameOf): Lane {
  let waiting: { readonly name: string; readonly run: () => void }[] = []
  let isRunning = false
  let ended: Promise<unknown> = Promise.resolve()
  let wake: (() => void) | undefined

  async function turn(name: string): Promise<void> {
    await new Promise<void>((run) => {
      waiting.push({ name, run })
      wake?.()
    })
  }

  const store = new Proxy(inner, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      return async (...args: unknown[]): Promise<unknown> => {
        const name = isRunning ? nameOf(key, args[0]) : undefined
        if (name !== undefined) await turn(name)
        return Reflect.apply(value, target, args) as unknown
      }
    },
  })

  return {
    store,
    start(work) {
      isRunning = true
      ended = work().finally(() => {
        isRunning = false
        wake?.()
      })
      ended.catch(() => undefined)
    },
    async waits() {
      if (waiting.length > 0) return true
      while (waiting.length === 0 && isRunning) await new Promise<void>((resolve) => (wake = resolve))
      // Calls of one tick wait together.
      await setImmediate()
      return waiting.length > 0
    },
    step() {
      const calls = waiting
      waiting = []
      for (const { run } of calls) run()
      return calls
        .map(({ name }) => name)
        .toSorted()
        .join(', ')
    },
    ended: () => ended,
  }
}
