import { describe, expect, it } from 'vitest'
import { cases } from '../src/index.js'
import { inProcessMutants } from './mutants/in-process.js'
import { pgMutants } from './mutants/pg-mutants.js'
import { redisMutants } from './mutants/redis-mutants.js'

const mutants = [...inProcessMutants, ...redisMutants, ...pgMutants]
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

  it('cover every case', () => {
    expect([...known].filter((id) => !named.has(id))).toEqual([])
  })
})
