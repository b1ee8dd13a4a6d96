import { pathToFileURL } from 'node:url'
import { memorySessions } from '@bext/session-core/memory'
import { SaxesParser } from 'saxes'
import { Parser as TapParser } from 'tap-parser'
import { expect, test } from 'vitest'
import type { CaseResult, ConformanceCase, Report } from '../src/index.js'
import { formatJunit, formatMarkdown, formatTap, formatText } from '../src/index.js'
import { createReport } from '../src/report/create-report.js'
import { commandOf } from '../src/report/replay-command.js'
import { createPaint } from '../src/cli/color.js'
import { defineCase } from '../src/runner/case.js'

const nasty = 'a <b> & "c" \'d\' ]]> # e \\ f | g\n- h: *i*\t`j` \u0000\u001b[31m \ud800 😀 {k} %l'
const secondNasty = '---\n...\nnot ok 5 - forged\n</testcase>'

const run = {
  seed: 42,
  harness: {
    name: `store ${nasty}`,
    family: 'server',
    versions: { [`driver ${nasty}`]: '1.2.3' },
    open: () => ({ store: memorySessions() }),
  },
} as const

type Details = Omit<CaseResult, 'case' | 'durationMs' | 'attempts' | 'trace'>

function result(id: string, more: Details, level: ConformanceCase['level'] = 'MUST'): CaseResult {
  const each = defineCase(id, `title of ${id} ${nasty}`, async () => undefined, { level })
  return { case: each, durationMs: 12.4, attempts: 1, trace: [`A.read(s1) ${nasty}`, secondNasty], ...more }
}

const results = [
  result('C1-pass', { verdict: 'pass' }),
  result('U3-fail', { verdict: 'fail', brokenRule: 'R3', expected: `it gone ${nasty}`, seen: secondNasty }),
  result('U3-other', { verdict: 'fail', brokenRule: 'R3', expected: 'it gone', seen: 'it was there' }),
  result('D4-warn', { verdict: 'warn', expected: 'more', seen: 'less' }, 'SHOULD'),
  result('R3-slow', { verdict: 'inconclusive', note: nasty }),
  result('H1-down', { verdict: 'unsupported', note: 'needs endpoint' }),
  result('E1-error', { verdict: 'harness-error', note: secondNasty }),
  result('R4-altered', { verdict: 'not-applicable', note: 'for client-backed stores' }),
]
const unhandledErrors = [{ during: ['C1-pass', 'U3-fail'], error: `Error: ${nasty}` }]

function reportOf(more: Partial<Parameters<typeof createReport>[0]> = {}): Report {
  const command = 'npx @bext/session-conformance ./my-store.js'
  return createReport({ run, results, startedAt: new Date(0), durationMs: 1234, command, unhandledErrors, ...more })
}

interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

function parseXml(text: string): { elements: readonly XmlElement[]; texts: string } {
  const elements: XmlElement[] = []
  let texts = ''
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => elements.push({ name, attributes }))
  parser.on('text', (part) => (texts += part))
  parser.write(text).close()
  return { elements, texts }
}

const named = (elements: readonly XmlElement[], name: string): readonly XmlElement[] =>
  elements.filter((each) => each.name === name)

test('JUnit: the report is valid XML with any text, and its counts are right', () => {
  const { elements, texts } = parseXml(formatJunit(reportOf()))
  expect(elements[0]).toMatchObject({
    name: 'testsuites',
    attributes: { tests: '8', failures: '2', errors: '3', skipped: '2', time: '1.234' },
  })
  expect(named(elements, 'testcase')).toHaveLength(8)
  expect(named(elements, 'failure')).toHaveLength(2)
  expect(named(elements, 'error')).toHaveLength(3)
  expect(named(elements, 'skipped').map(({ attributes }) => attributes['message'])).toEqual([
    'expected more, but less',
    'needs endpoint',
  ])
  expect(named(elements, 'failure')[0]?.attributes['message']).toContain(
    'a <b> & "c" \'d\' ]]> # e \\ f | g\n- h: *i*\t`j` \ufffd\ufffd[31m \ufffd 😀',
  )
  expect(texts).toContain('Replay:   npx @bext/session-conformance ./my-store.js --seed 42 --replay U3-fail')
  expect(named(elements, 'property').map(({ attributes }) => attributes['value'])).toContain('1.2.3')
})

test('JUnit, strict: a warning and a case that is not testable are failures', () => {
  const { elements } = parseXml(formatJunit(reportOf({ strict: true })))
  expect(named(elements, 'failure')).toHaveLength(4)
  expect(named(elements, 'skipped')).toHaveLength(0)
})

interface TapAssert {
  readonly ok: boolean
  readonly name: string
  readonly skip: string | boolean
  readonly todo: string | boolean
  readonly diag?: Readonly<Record<string, unknown>>
}

function parseTap(text: string): { asserts: readonly TapAssert[]; strange: readonly string[]; planned: number } {
  const asserts: TapAssert[] = []
  const strange: string[] = []
  const parser = new TapParser({ strict: true })
  let planned = 0
  parser.on('assert', (each: TapAssert) => asserts.push(each))
  parser.on('extra', (line: string) => strange.push(line))
  parser.on('plan', ({ end }: { end: number }) => (planned = end))
  parser.end(text)
  return { asserts, strange, planned }
}

test('TAP: a strict parser reads the report, and its diagnostics are the original texts', () => {
  const { asserts, strange, planned } = parseTap(formatTap(reportOf()))
  expect(strange).toEqual([])
  expect(planned).toBe(8)
  expect(asserts.map(({ ok }) => ok)).toEqual([true, false, false, false, false, true, false, false])
  expect(asserts[1]?.diag).toMatchObject({
    rule: 'R3',
    expected: `it gone ${nasty}`,
    seen: secondNasty,
    trace: [`A.read(s1) ${nasty}`, secondNasty],
  })
  expect(asserts[0]?.name).toBe(`C1-pass title of C1-pass ${nasty.replace(/\s+/g, ' ')}`)
  expect(asserts[3]?.todo).toBe('a SHOULD')
  expect(asserts[5]?.skip).toBe('needs endpoint')
})

test('TAP, strict: a warning and a case that is not testable are not ok', () => {
  const { asserts } = parseTap(formatTap(reportOf({ strict: true })))
  expect(asserts.filter(({ ok }) => ok)).toHaveLength(1)
  expect(asserts.filter(({ todo, skip }) => todo || skip)).toEqual([])
})

test('text: a table by rule group, each broken rule once, and the command that runs it again', () => {
  const text = formatText(reportOf({ selection: ['--only', 'U*'] }))
  expect(text).toMatch(/^U {2}update +- +2 /m)
  expect(text).toContain('FAIL  U3-fail  (MUST, rule R3)')
  expect(text).toContain('  The contract, R3: An unknown, deleted or expired id is NotFound')
  expect(text).toContain('  As well:  U3-other')
  expect(text).not.toContain('FAIL  U3-other')
  expect(text).toContain("Repeat: npx @bext/session-conformance ./my-store.js --seed 42 --only 'U*'")
  expect(text).toContain('Not shown (needs endpoint): 1')
  expect(text).toMatch(/\nFAIL\n$/)
})

test('text: colours only if they are enabled', () => {
  const harness = { ...run.harness, name: 'plain' }
  const calm = [
    {
      case: defineCase('C1-pass', 'a title', async () => undefined),
      durationMs: 1,
      attempts: 1,
      trace: [],
      verdict: 'pass',
    },
  ] as const
  const report = reportOf({ run: { ...run, harness }, results: calm, unhandledErrors: [] })
  const escape = '\u001b['
  expect(formatText(report)).not.toContain(escape)
  expect(formatText(report, createPaint(false))).not.toContain(escape)
  expect(formatText(report, createPaint(true))).toContain(escape)
})

test('text: the calls of a case are shown if it ran alone, even if it passed', () => {
  const text = formatText(reportOf({ results: results.slice(0, 1), unhandledErrors: [] }))
  expect(text).toContain('PASS  C1-pass')
  expect(text).toContain('  Calls:\n    A.read(s1)')
})

test('Markdown: the profiles, the versions, and how to reproduce the run', () => {
  const report: Report = {
    ...reportOf({ results: results.slice(0, 1), unhandledErrors: [] }),
    profiles: ['server/core', 'by-user'],
  }
  const markdown = formatMarkdown({
    ...report,
    store: { ...report.store, name: 'redis', versions: { ioredis: '6.0.0' } },
  })
  expect(markdown).toContain(
    '## Conformance of redis\n\n' +
      '![session store contract: server/core 1.0, by-user]' +
      '(https://img.shields.io/badge/session_store_contract-server%2Fcore_1.0%2C_by--user-brightgreen)\n\n' +
      '**server/core 1.0, by-user**',
  )
  expect(markdown).toMatch(/\| Versions \| ioredis 6\.0\.0, Node \d+/)
  expect(markdown).toContain('- `by-user`: ')
  expect(markdown).toContain('```sh\nnpx @bext/session-conformance ./my-store.js --seed 42\n```')
  expect(markdown).not.toContain('Findings')
})

test('Markdown: the table and list stay valid with any text', () => {
  const markdown = formatMarkdown(reportOf())
  const lines = markdown.split('\n')
  const table = lines.filter((line) => line.startsWith('|'))
  for (const line of table.slice(0, 8)) expect(line.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(4)
  expect(lines.filter((line) => line.startsWith('- **'))).toHaveLength(5)
  expect(markdown, 'a badge without a profile').not.toContain('![')
  expect(markdown).toContain(String.raw`As well: U3-other`)
  expect(markdown).not.toContain('\nnot ok 5')
})

test('the command of a harness keeps the query of its module', () => {
  const url = new URL('./my harness.js?url=redis://a', pathToFileURL(`${process.cwd()}/`)).href
  expect(commandOf({ module: { url } })).toBe("npx @bext/session-conformance './my harness.js?url=redis://a'")
  expect(commandOf({ module: { command: 'python3 a.py' } })).toBe(
    "npx @bext/session-conformance --process 'python3 a.py'",
  )
})
