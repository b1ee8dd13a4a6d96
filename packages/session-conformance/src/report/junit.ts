import { replayCommand } from './replay-command.js'
import { formatCase } from './format.js'
import type { Report, ReportCase, UnhandledError } from './report.js'
import type { RuleGroup } from './groups.js'
import { groupsOf } from './groups.js'
import { xmlAttributes, xmlText } from './xml.js'

type Problem = 'failure' | 'error' | 'skipped'

interface Counts extends Readonly<Record<string, number>> {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
}

function problemOf({ level, verdict }: ReportCase, strict: boolean): Problem | undefined {
  if (verdict === 'pass') return undefined
  if (verdict === 'fail') return 'failure'
  if (verdict === 'harness-error' || (verdict === 'inconclusive' && level === 'MUST')) return 'error'
  return strict && verdict !== 'inconclusive' ? 'failure' : 'skipped'
}

function count(cases: readonly ReportCase[], strict: boolean): Counts {
  const problems = cases.map((each) => problemOf(each, strict))
  const many = (wanted: Problem): number => problems.filter((problem) => problem === wanted).length
  return { tests: cases.length, failures: many('failure'), errors: many('error'), skipped: many('skipped') }
}

function testCase(each: ReportCase, report: Report): string {
  const { id, rule, title, verdict, durationMs, expected, seen = '', note } = each
  const head = { name: `${id} ${title}`, classname: `${report.store.name}.${rule}`, time: durationMs / 1000 }
  const open = `    <testcase${xmlAttributes(head)}`
  const problem = problemOf(each, report.strict)
  if (!problem) return `${open}/>`
  const message = expected === undefined ? (note ?? verdict) : `expected ${expected}, but ${seen}`
  if (problem === 'skipped') return `${open}>\n      <skipped${xmlAttributes({ message })}/>\n    </testcase>`
  const text = formatCase(each, { store: report.store.name, replay: replayCommand(report, id) })
  const attributes = xmlAttributes({ message, type: verdict })
  return `${open}>\n      <${problem}${attributes}>${xmlText(text)}</${problem}>\n    </testcase>`
}

function suite({ letter, title, cases }: RuleGroup, report: Report): string {
  const { store, kit, contract, seed, strict } = report
  const time = cases.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const name = `${store.name} ${letter} ${title}`
  const properties = { kit: kit.version, contract, seed, family: store.family, ...store.versions }
  return [
    `  <testsuite${xmlAttributes({ name, ...count(cases, strict), time, timestamp: report.startedAt })}>`,
    '    <properties>',
    ...Object.entries(properties).map(([key, value]) => `      <property${xmlAttributes({ name: key, value })}/>`),
    '    </properties>',
    ...cases.map((each) => testCase(each, report)),
    '  </testsuite>',
  ].join('\n')
}

function unhandledErrorSuite(unhandledErrors: readonly UnhandledError[], store: string): string {
  const counts = { tests: unhandledErrors.length, failures: 0, errors: unhandledErrors.length, skipped: 0 }
  const testCases = unhandledErrors.flatMap(({ during, error }) => [
    `    <testcase${xmlAttributes({ name: `unhandled error in ${during.join(', ')}`, classname: store, time: 0 })}>`,
    `      <error${xmlAttributes({ message: error, type: 'unhandled' })}/>`,
    '    </testcase>',
  ])
  return [
    `  <testsuite${xmlAttributes({ name: `${store} unhandled errors`, ...counts })}>`,
    ...testCases,
    '  </testsuite>',
  ].join('\n')
}

/** Formats a report as JUnit XML: a suite for each rule group. Warnings and cases that are not testable are skipped. */
export function formatJunit(report: Report): string {
  const { store, durationMs, unhandledErrors, strict } = report
  const groups = groupsOf(report)
  const counts = count(
    groups.flatMap(({ cases }) => cases),
    strict,
  )
  const head = xmlAttributes({
    name: `session-conformance ${store.name}`,
    ...counts,
    tests: counts.tests + unhandledErrors.length,
    errors: counts.errors + unhandledErrors.length,
    time: durationMs / 1000,
  })
  const suites = groups.map((group) => suite(group, report))
  if (unhandledErrors.length > 0) suites.push(unhandledErrorSuite(unhandledErrors, store.name))
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites${head}>`, ...suites, '</testsuites>', ''].join('\n')
}
