import type { ConformanceCase } from './case.js'
import type { StoreHarness } from './harness.js'
import type { CaseResult, Run, RunOptions } from './run.js'
import { applicableCases, startRun } from './run.js'

export interface RunAllOptions {
  /** Called as each case ends, in the order in which they end. */
  readonly onResult?: (result: CaseResult) => void
  /** Once it is aborted, no further case begins. */
  readonly signal?: AbortSignal
}

const concurrency = 8

/** Runs cases, side by side where they may, and resolves to their results in the order that the cases were given in. */
export async function runAll(
  run: Pick<Run, 'runCase'>,
  cases: readonly ConformanceCase[],
  { onResult = () => undefined, signal }: RunAllOptions = {},
): Promise<readonly CaseResult[]> {
  const results = new Map<string, CaseResult>()
  async function work(queue: ConformanceCase[]): Promise<void> {
    for (let each = queue.shift(); each && signal?.aborted !== true; each = queue.shift()) {
      const result = await run.runCase(each)
      results.set(each.id, result)
      onResult(result)
    }
  }
  const together = cases.filter(({ exclusive }) => !exclusive)
  await Promise.all(Array.from({ length: concurrency }, () => work(together)))
  await work(cases.filter(({ exclusive }) => exclusive))
  return cases.flatMap(({ id }) => results.get(id) ?? [])
}

/** Runs every applicable case, side by side where they may, and resolves to the results in the order of the cases. */
export function runConformance(harness: StoreHarness, options: RunOptions = {}): Promise<readonly CaseResult[]> {
  return runAll(startRun(harness, options), applicableCases(harness))
}
