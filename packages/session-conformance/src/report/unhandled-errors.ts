import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { ConformanceCase } from '../runner/case.js'
import type { CaseResult, Run, RunAllOptions } from '../runner/run.js'
import { runAll } from '../runner/run.js'
import type { UnhandledError } from './report.js'

/** Unhandled rejections and exceptions during a run, each with the cases that may have caused it. */
interface UnhandledErrorWatch {
  readonly found: readonly UnhandledError[]
  /** The run. Errors are attributed to the case whose calls caused them. */
  readonly run: Run
  stop(): void
}

/** Catches unhandled errors, which would end the process, until `stop`. */
function watchUnhandledErrors(run: Run): UnhandledErrorWatch {
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

export interface WatchedResults {
  readonly results: readonly CaseResult[]
  readonly unhandledErrors: readonly UnhandledError[]
}

/** Runs cases, like `runAll`. Unhandled errors of the store do not end the process: they are a part of the result. */
export async function runWatched(
  run: Run,
  cases: readonly ConformanceCase[],
  options: RunAllOptions = {},
): Promise<WatchedResults> {
  const watch = watchUnhandledErrors(run)
  try {
    const results = await runAll(watch.run, cases, options)
    // A rejection is reported as unhandled once the promise jobs of its turn are over.
    await new Promise((resolve) => setImmediate(resolve))
    return { results, unhandledErrors: watch.found }
  } finally {
    watch.stop()
  }
}
