import type { ConformanceCase } from './case.js'
import type { CaseResult } from './run.js'

/** The case that runs before all others. Its calls are a part of every other case, so that none can pass if it fails. */
export const firstCaseId = 'C1-first'

/** Returns the result of a case that is not run because the first case failed, or undefined if it can run. */
export function resultWithout(first: CaseResult | undefined, each: ConformanceCase): CaseResult | undefined {
  if (first?.verdict !== 'fail' && first?.verdict !== 'harness-error') return undefined
  const note = `not run, because ${firstCaseId} failed`
  return { case: each, verdict: 'unsupported', note, durationMs: 0, attempts: 0, trace: [] }
}
