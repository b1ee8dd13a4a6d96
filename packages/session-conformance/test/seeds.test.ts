import { expect, test } from 'vitest'
import { seedsOf } from './helpers/seeds.js'

test('a range of seeds includes both ends, and is never empty', () => {
  expect([seedsOf(), seedsOf('20-22'), seedsOf('7-7')]).toEqual([[20], [20, 21, 22], [7]])
  for (const range of ['', '50', '9-3', 'a-b']) expect(() => seedsOf(range)).toThrow('such as 20-69')
})
