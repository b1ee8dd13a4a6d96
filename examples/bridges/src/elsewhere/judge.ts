import type { ReportCase } from '@bext/session-conformance'
import type { Finding } from './findings.js'
import type { Judged } from './run-kit.js'

/** Returns the cases that the kit could run on a library. */
export function ranCases({ cases }: Judged): readonly ReportCase[] {
  return cases.filter(({ verdict }) => verdict !== 'unsupported' && verdict !== 'not-applicable')
}

/** Returns the cases that a library did not pass. */
export function failedCases(judged: Judged): readonly ReportCase[] {
  return ranCases(judged).filter(({ verdict }) => verdict !== 'pass')
}

/** Lists failures without a finding, and findings without a failure. */
export function mismatches(findings: readonly Finding[], all: readonly Judged[]): readonly string[] {
  return all.flatMap((judged) => {
    const { name } = judged
    const failed = failedCases(judged)
    const known = findings.filter(({ stores }) => stores.includes(name))
    const ids = new Set(known.flatMap(({ cases }) => cases))
    return [
      ...failed
        .filter(({ id, verdict }) => !ids.has(id) || verdict === 'harness-error')
        .map(
          ({ id, verdict, expected, seen }) =>
            `${name}: no finding for ${id} (${verdict}): expected ${expected}, seen ${seen}`,
        ),
      ...known
        .filter(({ cases, isRace = false }) => !isRace && !failed.some(({ id }) => cases.includes(id)))
        .map(({ title }) => `${name}: no failure for the finding "${title}"`),
    ]
  })
}
