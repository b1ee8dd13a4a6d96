import { cases } from '@bext/session-conformance'
import { expect, test } from 'vitest'
import { rulesIn } from '../src/contract.js'
import { readText } from '../src/workspace.js'

const rules = rulesIn(readText('docs/contract.md'))
const rulesOfCases = new Set(cases.map(({ rule }) => rule))

test('reads rule ids only from lines such as "- C1 …"', () => {
  const text = '**C, create**\n- C1 Resolves.\n- C10 Ten.\n  - C3 nested\n- Cookie is no rule\n see C4 '
  expect(rulesIn(text)).toEqual(['C1', 'C10'])
})

test('the contract names every rule once', () => {
  expect(rules.length).toBeGreaterThan(0)
  expect(rules).toEqual([...new Set(rules)])
})

/** Rules whose cases have the name of another rule. Revocation (O7) is tested by the cases of D4. */
const testedByOthers = ['O7']

test('every rule of the contract has a conformance case', () => {
  expect(rules.filter((rule) => !rulesOfCases.has(rule))).toEqual(testedByOthers)
})

test('every conformance case names a rule of the contract', () => {
  expect(cases.filter(({ rule }) => !rules.includes(rule)).map(({ id, rule }) => `${id}: ${rule}`)).toEqual([])
})

test('no two conformance cases share an id', () => {
  const ids = cases.map(({ id }) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
})
