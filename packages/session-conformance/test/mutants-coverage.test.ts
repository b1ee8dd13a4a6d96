import { describe, expect, it } from 'vitest'
import { cases } from '../src/index.js'
import { inProcessMutants } from './mutants/in-process.js'
import { pgMutants } from './mutants/pg-mutants.js'
import { redisMutants } from './mutants/redis-mutants.js'
import { uncatchable } from './mutants/uncatchable.js'

const mutants = [...inProcessMutants, ...redisMutants, ...pgMutants]
const named = new Set(mutants.flatMap(({ caughtBy }) => caughtBy))
const known = new Set(cases.map(({ id }) => id))

describe('the zoo', () => {
  it('has 150 mutants or more, each with a name of its own', () => {
    const names = mutants.map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(150)
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([])
  })

  it('names cases that there are, and at least one for each mutant', () => {
    expect([...named].filter((id) => !known.has(id))).toEqual([])
    expect(mutants.filter(({ caughtBy }) => caughtBy.length === 0).map(({ name }) => name)).toEqual([])
  })

  it('has a mutant for every case, or a reason why there is none', () => {
    expect([...known].filter((id) => !named.has(id) && !(id in uncatchable))).toEqual([])
    expect(Object.keys(uncatchable).filter((id) => named.has(id) || !known.has(id))).toEqual([])
  })
})
