import { seedsOf } from '../helpers/seeds.js'
import { inProcessMutants } from './in-process.js'
import type { Mutant } from './mutant.js'
import { pgMutants } from './pg-mutants.js'
import { redisMutants } from './redis-mutants.js'

type Named = Pick<Mutant, 'name' | 'rule' | 'caughtBy'>

/** Every broken store. */
export const allMutants: readonly Named[] = [...inProcessMutants, ...redisMutants, ...pgMutants]

/** The case that is meant for a mutant: the first one of its rule, or else the first one. */
function ownCase({ rule, caughtBy }: Named): string {
  return caughtBy.find((id) => id.startsWith(`${rule}-`)) ?? caughtBy[0] ?? ''
}

const ownCases = new Set(allMutants.map(ownCase))

/** The mutant on which a case is run that is meant for none. */
const firstMutants = new Map<string, string>()
for (const { name, caughtBy } of allMutants) {
  for (const id of caughtBy) {
    if (!ownCases.has(id) && !firstMutants.has(id)) firstMutants.set(id, name)
  }
}

/** True if every case that a mutant names is run on it, as `pnpm prove:kit` does. */
const runsAll = process.env['KIT_ALL_CASES'] === '1'

/**
 * Returns the cases to run on a mutant: the one that is meant for it, so that each mutant is caught, and those that no
 * other mutant runs, so that each case catches one.
 */
export function dueCases(mutant: Named): readonly string[] {
  if (runsAll) return mutant.caughtBy
  const own = ownCase(mutant)
  return mutant.caughtBy.filter((id) => id === own || firstMutants.get(id) === mutant.name)
}

/** The seeds of the runs. The first is the same each time, so that a mutant that random values catch is always caught. */
export const mutantSeeds: readonly number[] = seedsOf(process.env['KIT_MUTANT_SEEDS'])
