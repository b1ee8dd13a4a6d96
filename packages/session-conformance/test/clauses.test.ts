import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ruleTexts } from '../src/runner/rules.js'

test('the kit quotes every rule of docs/contract.md, in the same order, and no other rule', () => {
  const contract = readFileSync(new URL('../../../docs/contract.md', import.meta.url), 'utf8')
  const rules = Array.from(contract.matchAll(/^- ([A-Z]\d+) /gm), (match) => match[1])
  expect(rules.length).toBeGreaterThan(0)
  expect(Object.keys(ruleTexts)).toEqual(rules)
})
