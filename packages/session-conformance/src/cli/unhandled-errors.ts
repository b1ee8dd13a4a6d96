import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { UnhandledError } from '../report/report.js'
import type { Run } from '../runner/run.js'

/** Unhandled rejections and exceptions during a run, each with the cases that may have caused it. */
export interface UnhandledErrorWatch {
  readonly found: readonly UnhandledError[]
  /** The run. Errors are attributed to the case whose calls caused them. */
  readonly run: Run
  stop(): void
}

/** Catches unhandled errors, which would end the process, until `stop`. */
export function watchUnhandledErrors(run: Run): UnhandledErrorWatch {
  const found: UnhandledError[] = []
  const running = new Set<string>()
  const current = new AsyncLocalStorage<string>()

  function note(error: unknown): void {
    const own = current.getStore()
    const unhandled: UnhandledError = { during: own === undefined ? [...running] : [own], error: inspect(error) }
    // Keep only the first, because a store that causes one causes one at every call.
    const known = found.some(({ during, error: text }) =>
      own === undefined ? text === unhandled.error : during.join() === own,
    )
    if (!known) found.push(unhandled)
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
