import { applicableCases } from '../cases/index.js'
import type { ConformanceCase } from '../runner/case.js'
import { firstCaseId, resultWithout } from '../runner/first-case.js'
import { formatResult } from '../report/format.js'
import type { StoreHarness } from '../runner/harness.js'
import type { CaseResult, RunOptions } from '../runner/run.js'
import { caseLimitMs, startRun } from '../runner/run.js'

export interface AdapterOptions extends RunOptions {
  /** If true, a warning or a case that is not testable fails its test. Default: false. */
  readonly strict?: boolean
}

/** A case as a test of any runner. */
export interface BoundTest {
  readonly title: string
  /** The runner's time limit for the test, in milliseconds. */
  readonly timeoutMs: number
  /** Rejects with a report if the case failed or was inconclusive. Resolves to the reason if it should be skipped. */
  run(): Promise<string | undefined>
}

export interface BoundCases {
  readonly title: string
  /** Tests that may run concurrently. */
  readonly together: readonly BoundTest[]
  /** Tests that must run alone. */
  readonly alone: readonly BoundTest[]
}

function isSkipped({ verdict, case: { level } }: CaseResult, strict: boolean): boolean {
  return (
    !strict && (verdict === 'warn' || verdict === 'unsupported' || (verdict === 'inconclusive' && level !== 'MUST'))
  )
}

/** Converts the cases that apply to a harness to tests. */
export function bindCases(harness: StoreHarness, { strict = false, ...options }: AdapterOptions = {}): BoundCases {
  const run = startRun(harness, options)

  const applicable = applicableCases(harness)
  let first: Promise<CaseResult> | undefined

  async function resultOf(each: ConformanceCase): Promise<CaseResult> {
    const firstCase = applicable.find(({ id }) => id === firstCaseId) ?? each
    first ??= run.runCase(firstCase)
    const result = await first
    return each === firstCase ? result : (resultWithout(result, each) ?? run.runCase(each))
  }

  async function check(each: ConformanceCase): Promise<string | undefined> {
    const result = await resultOf(each)
    if (result.verdict === 'pass') return undefined
    const text = formatResult(result, run, `testConformance(harness, { seed: ${run.seed} }), test ${each.id}`)
    if (isSkipped(result, strict)) return text
    const error = new Error(`\n${text}`)
    error.name = 'Conformance'
    // The stack points into the kit, and the report does not need it.
    error.stack = error.message
    throw error
  }

  const bind = (each: ConformanceCase): BoundTest => ({
    title: `${each.id} ${each.title}`,
    // The kit's limit for each attempt is shorter, and its report contains more.
    timeoutMs: 4 * caseLimitMs,
    run: () => check(each),
  })
  return {
    title: `${harness.name} keeps the session store contract`,
    together: applicable.filter(({ exclusive }) => !exclusive).map(bind),
    alone: applicable.filter(({ exclusive }) => exclusive).map(bind),
  }
}
