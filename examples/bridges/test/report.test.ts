import type { CaseResult, Run, Verdict } from '@bext/session-conformance'
import { cases, startRun } from '@bext/session-conformance'
import { expect, it } from 'vitest'
import type { Finding } from '../src/express/findings.js'
import { openMemoryStore } from '../src/express/memory-store.js'
import { renderReport } from '../src/express/report.js'
import type { Verdicts } from '../src/express/verdicts.js'
import { mismatches } from '../src/express/verdicts.js'

const finding: Finding = {
  rule: 'U4',
  title: 'It comes back',
  side: 'protocol',
  stores: ['MemoryStore'],
  cases: ['U4-delete-duel'],
  text: 'What was deleted is there.',
}

async function verdictsOf(seen: Readonly<Record<string, Verdict>>): Promise<Verdicts> {
  const run: Run = startRun((await openMemoryStore()).harness)
  const results = cases.flatMap((each): CaseResult[] => {
    const verdict = seen[each.id]
    return verdict === undefined ? [] : [{ case: each, verdict, durationMs: 1, attempts: 1, trace: [] }]
  })
  return { name: 'MemoryStore', run, results }
}

it('a run that shows what the findings say matches them', async () => {
  expect(mismatches([finding], [await verdictsOf({ 'U4-delete-duel': 'fail', 'R1-whole': 'pass' })])).toEqual([])
})

it('a failure without a finding is reported, and so is a case that could not be run', async () => {
  const [failed, broken, ...others] = mismatches(
    [finding],
    [await verdictsOf({ 'R1-whole': 'fail', 'U4-delete-duel': 'fail', 'D2-gone': 'harness-error' })],
  )
  expect(failed).toContain('R1-whole')
  expect(broken).toContain('D2-gone')
  expect(others).toEqual([])
})

it('a finding without a failure is reported', async () => {
  expect(mismatches([finding], [await verdictsOf({ 'U4-delete-duel': 'pass' })])).toEqual([
    'There is no failure for the finding "It comes back" of MemoryStore.',
  ])
})

it('the report counts the cases, names the rules that failed, and has a section for each side of the findings', async () => {
  const verdicts = [await verdictsOf({ 'U4-delete-duel': 'fail', 'U2-same-id': 'pass', 'R1-whole': 'pass' })]
  const text = renderReport({
    verdicts,
    findings: [finding],
    versions: new Map([['MemoryStore', 'express-session 1.2.3']]),
  })
  expect(text).toContain('| MemoryStore | express-session 1.2.3 |')
  expect(text).toContain('| U update | 1 of 2: U4 |')
  expect(text).toContain('| R read | 1 of 1 |')
  expect(text).toMatch(
    /## Limits of the protocol[^#]+### It comes back \(U4\)\n\nWhat was deleted is there\.[^#]+## Behaviour of the stores/,
  )
})
