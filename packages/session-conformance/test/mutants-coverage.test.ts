import { describe, expect, it } from 'vitest'
import { cases } from '../src/index.js'
import { allMutants as mutants, dueCases } from './mutants/due-cases.js'

const named = new Set(mutants.flatMap(({ caughtBy }) => caughtBy))
const known = new Set(cases.map(({ id }) => id))

describe('the mutants', () => {
  it('are at least 150, with different names', () => {
    const names = mutants.map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(150)
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([])
  })

  it('name existing cases, at least one each', () => {
    expect([...named].filter((id) => !known.has(id))).toEqual([])
    expect(mutants.filter(({ caughtBy }) => caughtBy.length === 0).map(({ name }) => name)).toEqual([])
  })

  it('cover every case, also where only the due cases run', () => {
    const due = new Set(mutants.flatMap(dueCases))
    expect([...known].filter((id) => !named.has(id) || !due.has(id))).toEqual([])
    expect(mutants.filter((mutant) => dueCases(mutant).length === 0)).toEqual([])
  })
})
