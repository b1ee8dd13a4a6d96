import type { CaseResult } from '../../src/index.js'
import { cases, formatResult, startRun } from '../../src/index.js'
import { dueCases, mutantSeeds } from './due-cases.js'
import type { Mutant } from './mutant.js'

/**
 * Runs the due cases of a mutant with each seed, one after the other. Returns wrong verdicts: a case that did not fail,
 * or a broken rule that no case reported.
 */
export async function complaints<Servers>(mutant: Mutant<Servers>, servers: Servers): Promise<readonly string[]> {
  const found: string[] = []
  for (const seed of mutantSeeds) {
    const run = startRun(mutant.make(servers), { seed })
    const results: CaseResult[] = []
    for (const id of dueCases(mutant)) {
      const due = cases.find((each) => each.id === id)
      if (!due) throw new Error(`There is no case ${id}.`)
      const result = await run.runCase(due)
      results.push(result)
      if (result.verdict !== (due.level === 'MUST' ? 'fail' : 'warn')) {
        found.push(`Not caught:\n${formatResult(result, run)}`)
      }
    }
    const named = results.map(({ brokenRule }) => brokenRule)
    if (!named.includes(mutant.rule)) {
      found.push(`Seed ${seed}: no case named rule ${mutant.rule}; named were: ${named.join(', ')}.`)
    }
  }
  return found
}

/** Returns true if one of the due cases must run alone. */
export function runsAlone(mutant: Pick<Mutant, 'name' | 'rule' | 'caughtBy'>): boolean {
  const due = dueCases(mutant)
  return cases.some(({ id, exclusive }) => exclusive && due.includes(id))
}
