import type { CaseResult, Run } from '../../src/index.js'
import { cases, formatResult, startRun } from '../../src/index.js'
import type { Mutant } from './mutant.js'

export interface Catch {
  readonly results: readonly CaseResult[]
  readonly run: Run
}

// The same seed each time, so that a mutant that is caught by random values is always caught.
const seed = 20

/** Runs only the cases that a mutant names, one after the other. */
export async function runNamedCases<Servers>(mutant: Mutant<Servers>, servers: Servers): Promise<Catch> {
  const run = startRun(mutant.make(servers), { seed })
  const results: CaseResult[] = []
  for (const id of mutant.caughtBy) {
    const named = cases.find((each) => each.id === id)
    if (!named) throw new Error(`There is no case ${id}.`)
    results.push(await run.runCase(named))
  }
  return { results, run }
}

/** Returns wrong verdicts on a mutant: a case that did not fail, or a broken rule that no case reported. */
export function complaints<Servers>({ rule }: Mutant<Servers>, { results, run }: Catch): readonly string[] {
  const blind = results
    .filter((result) => result.verdict !== (result.case.level === 'MUST' ? 'fail' : 'warn'))
    .map((result) => `Not caught:\n${formatResult(result, run)}`)
  if (results.some(({ brokenRule }) => brokenRule === rule)) return blind
  const named = results.map(({ brokenRule }) => brokenRule).join(', ')
  return [...blind, `No case named rule ${rule}; named were: ${named}.`]
}

/** Returns true if one of the cases must run alone. */
export function runsAlone({ caughtBy }: Pick<Mutant, 'caughtBy'>): boolean {
  return cases.some(({ id, exclusive }) => exclusive && caughtBy.includes(id))
}
