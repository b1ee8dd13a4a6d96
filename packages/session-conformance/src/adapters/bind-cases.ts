import type { ConformanceCase } from '../runner/case.js'
import { formatResult } from '../report/format.js'
import type { StoreHarness } from '../runner/harness.js'
import type { CaseResult, RunOptions } from '../runner/run.js'
import { applicableCases, caseLimitMs, startRun } from '../runner/run.js'

export interface AdapterOptions extends RunOptions {
  /** Whether what was only warned of, or could not be shown, fails its test. Default: false. */
  readonly strict?: boolean
}

/** One case as a test of any runner. */
export interface BoundTest {
  readonly title: string
  /** How long the runner should let it run, in milliseconds. */
  readonly timeoutMs: number
  /** Rejects with a report if the case failed or could not tell. Resolves to why it is to be skipped, if it is. */
  run(): Promise<string | undefined>
}

export interface BoundCases {
  readonly title: string
  /** May run side by side. */
  readonly together: readonly BoundTest[]
  /** Must each run while nothing else does. */
  readonly alone: readonly BoundTest[]
}

function isSkipped({ verdict, case: { level } }: CaseResult, strict: boolean): boolean {
  return (
    !strict && (verdict === 'warn' || verdict === 'unsupported' || (verdict === 'inconclusive' && level !== 'MUST'))
  )
}

/** The cases that concern a harness, as tests. */
export function bindCases(harness: StoreHarness, { strict = false, ...options }: AdapterOptions = {}): BoundCases {
  const run = startRun(harness, options)

  async function check(each: ConformanceCase): Promise<string | undefined> {
    const result = await run.runCase(each)
    if (result.verdict === 'pass') return undefined
    const text = formatResult(result, run, `testConformance(harness, { seed: ${run.seed} }), test ${each.id}`)
    if (isSkipped(result, strict)) return text
    const error = new Error(`\n${text}`)
    error.name = 'Conformance'
    // The stack would lead into the kit; the report says what there is to say.
    error.stack = error.message
    throw error
  }

  const bind = (each: ConformanceCase): BoundTest => ({
    title: `${each.id} ${each.title}`,
    // The kit's own limit comes first, for each attempt, and tells more.
    timeoutMs: 4 * caseLimitMs,
    run: () => check(each),
  })
  const applicable = applicableCases(harness)
  return {
    title: `${harness.name} keeps the session store contract`,
    together: applicable.filter(({ exclusive }) => !exclusive).map(bind),
    alone: applicable.filter(({ exclusive }) => exclusive).map(bind),
  }
}
