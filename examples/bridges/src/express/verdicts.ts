import type { CaseResult, Run } from '@bext/session-conformance'
import { applicableCases, formatResult, runAll, startRun } from '@bext/session-conformance'
import type { Finding } from './findings.js'
import { knownFailures } from './findings.js'
import type { StoreUnderTest } from './store-under-test.js'
import type { StoreName } from './stores.js'

export interface Verdicts {
  readonly name: StoreName
  readonly run: Run
  readonly results: readonly CaseResult[]
}

const seed = 1
const attempts = 5

/**
 * Runs the kit over a store. A race does not show a fault at each run, and the kit fails no store that is right. So a case
 * that is known to fail is run again if it passes.
 */
export async function judge(name: StoreName, { harness }: StoreUnderTest): Promise<Verdicts> {
  const known = knownFailures(name)
  const run = startRun(harness, { seed })
  const results: CaseResult[] = []
  for (const first of await runAll(run, applicableCases(harness))) {
    let result = first
    for (let n = 1; n < attempts && known.has(first.case.id) && result.verdict === 'pass'; n += 1) {
      result = await run.runCase(first.case)
    }
    results.push(result)
  }
  return { name, run, results }
}

/** Lists failures without a finding, and findings without a failure. */
export function mismatches(findings: readonly Finding[], verdicts: readonly Verdicts[]): readonly string[] {
  const known = (name: StoreName, id: string): boolean =>
    findings.some(({ stores, cases }) => stores.includes(name) && cases.includes(id))
  const failures = verdicts.map((each) => ({
    ...each,
    // Unsupported: the case of an id that is drawn twice, with a store that refuses a taken id.
    results: each.results.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'unsupported'),
  }))
  const unexplained = failures.flatMap(({ name, run, results }) =>
    results
      .filter(({ case: { id }, verdict }) => verdict !== 'fail' || !known(name, id))
      .map((result) => `There is no finding for this:\n${formatResult(result, run)}`),
  )
  const unused = failures.flatMap(({ name, results }) =>
    findings
      .filter(({ stores, cases }) => stores.includes(name) && !results.some((result) => cases.includes(result.case.id)))
      .map(({ title }) => `There is no failure for the finding "${title}" of ${name}.`),
  )
  return [...unexplained, ...unused]
}
