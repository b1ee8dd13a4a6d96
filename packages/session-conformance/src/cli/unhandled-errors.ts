import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { UnhandledError } from '../report/report.js'
import type { Run } from '../runner/run.js'

/** Rejections and exceptions of the store's module that nobody handles, and the cases that they belong to. */
export interface StrayWatch {
  readonly found: readonly UnhandledError[]
  /** The run, with each case known to what it starts. */
  readonly run: Run
  stop(): void
}

/** Catches what would end the process, for as long as the run goes on. */
export function watchUnhandledErrors(run: Run): StrayWatch {
  const found: UnhandledError[] = []
  const running = new Set<string>()
  const current = new AsyncLocalStorage<string>()

  function note(error: unknown): void {
    const own = current.getStore()
    const stray: UnhandledError = { during: own === undefined ? [...running] : [own], error: inspect(error) }
    // The first one tells enough: a store that leaves one behind does so at every call.
    const known = found.some(({ during, error: text }) =>
      own === undefined ? text === stray.error : during.join() === own,
    )
    if (!known) found.push(stray)
  }
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)

  return {
    found,
    run: {
      ...run,
      runCase: (each) =>
        current.run(each.id, async () => {
          running.add(each.id)
          try {
            return await run.runCase(each)
          } finally {
            running.delete(each.id)
          }
        }),
    },
    stop() {
      process.off('unhandledRejection', note)
      process.off('uncaughtException', note)
    },
  }
}
