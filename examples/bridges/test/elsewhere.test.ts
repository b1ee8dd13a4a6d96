import { readFile } from 'node:fs/promises'
import type { ReportCase } from '@bext/session-conformance'
import { cases } from '@bext/session-conformance'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../src/elsewhere/findings.js'
import { findings } from '../src/elsewhere/findings.js'
import { mismatches } from '../src/elsewhere/judge.js'
import { renderPage } from '../src/elsewhere/page.js'
import type { Judged } from '../src/elsewhere/run-kit.js'
import { subjects } from '../src/elsewhere/subjects.js'

const finding: Finding = {
  rule: 'U4',
  title: 'It is there again',
  side: 'library',
  stores: ['Beaker'],
  cases: ['U4-delete-duel'],
  text: 'A deleted session is created again.',
}

function judge(seen: Readonly<Record<string, ReportCase['verdict']>>): Judged {
  const results = cases.flatMap(({ id, rule, level, title }): ReportCase[] => {
    const verdict = seen[id]
    return verdict === undefined ? [] : [{ id, rule, level, title, verdict, durationMs: 1, attempts: 1 }]
  })
  return { name: 'Beaker', versions: { beaker: '1.2.3' }, cases: results }
}

describe('the command for libraries elsewhere', () => {
  it('accepts failures that have a finding', () => {
    const seen = judge({ 'U4-delete-duel': 'fail', 'R1-whole': 'pass', 'C3-drawn': 'not-applicable' })
    expect(mismatches([finding], [seen])).toEqual([])
  })

  it('reports a failure without a finding, a finding without a failure, and a case that could not run', () => {
    const [failed, broken, idle, ...others] = mismatches(
      [finding],
      [judge({ 'R1-whole': 'fail', 'D2-gone': 'harness-error', 'U4-delete-duel': 'pass' })],
    )
    expect(failed).toContain('R1-whole')
    expect(broken).toContain('D2-gone')
    expect(idle).toContain('It is there again')
    expect(others).toEqual([])
  })

  it('writes a row for each library and a section for each finding', () => {
    const judged = [judge({ 'U4-delete-duel': 'fail', 'R1-whole': 'pass', 'C3-drawn': 'not-applicable' })]
    const page = renderPage({ judged, subjects, findings: [finding] })
    expect(page).toContain('| Beaker | Python | Redis | beaker 1.2.3 | 1 of 2 | U4 |')
    expect(page).toMatch(/## Behaviour of the libraries\n\n### It is there again \(U4\)\n\nA deleted.+\n\n\*Beaker\.\*/)
  })

  it('keeps the rows of libraries that it has not run', () => {
    const former = '| Django db | Python | old |\n| Beaker | Python | old |\n| Unknown | Python | old |\n'
    const page = renderPage({ judged: [judge({ 'R1-whole': 'pass' })], subjects, findings: [], former })
    expect(page).toContain('| Django db | Python | old |\n| Beaker | Python | Redis | beaker 1.2.3 | 1 of 1 |  |')
    expect(page).not.toContain('| Beaker | Python | old |')
    expect(page).not.toContain('Unknown')
  })
})

describe('the findings in libraries elsewhere', () => {
  it('name cases of the kit, and libraries that the command runs', () => {
    const [ids, names] = [new Set(cases.map(({ id }) => id)), new Set(subjects.map(({ name }) => name))]
    expect(findings.flatMap((each) => each.cases).filter((id) => !ids.has(id))).toEqual([])
    expect(findings.flatMap((each) => each.stores).filter((name) => !names.has(name))).toEqual([])
  })

  it('are on the page', async () => {
    const page = await readFile(new URL('../../../docs/session-stores-elsewhere.md', import.meta.url), 'utf8')
    for (const { title, text } of findings) {
      expect(page).toContain(`### ${title} (`)
      expect(page).toContain(text)
    }
    for (const { name } of subjects) expect(page).toContain(`| ${name} |`)
  })
})
