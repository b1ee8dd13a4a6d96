import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import type { CaseResult, ConformanceCase, StoreHarness, Verdict } from '../src/index.js'
import { cases, kitVersion, runAll, runConformance, startRun } from '../src/index.js'
import { createReport } from '../src/report/create-report.js'
import { defineCase } from '../src/runner/case.js'
import { Inconclusive } from '../src/runner/failure.js'
import manifest from '../package.json' with { type: 'json' }

const harness: StoreHarness = {
  name: 'memory',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
  declarations: { sharedBackend: false },
  versions: { 'a backend': '7.0.1' },
  open: () => ({ store: memorySessions() }),
}

const must = defineCase('U1-must', 'a MUST', async () => undefined)
const should = defineCase('U1-should', 'a SHOULD', async () => undefined, { level: 'SHOULD' })

function result(each: ConformanceCase, verdict: Verdict): CaseResult {
  return { case: each, verdict, durationMs: 1.4, attempts: 1, trace: ['a call'] }
}

function reportOf(
  results: readonly CaseResult[],
  more: Partial<Parameters<typeof createReport>[0]> = {},
): ReturnType<typeof createReport> {
  return createReport({ run: { harness, seed: 7 }, results, startedAt: new Date(0), durationMs: 12.6, ...more })
}

test.for([
  ['pass', [result(must, 'pass'), result(should, 'pass')]],
  ['pass', [result(must, 'pass'), result(should, 'warn')]],
  ['pass', [result(must, 'pass'), result(should, 'inconclusive')]],
  ['pass', [result(must, 'pass'), result(must, 'unsupported')]],
  ['fail', [result(must, 'pass'), result(must, 'fail')]],
  ['fail', [result(must, 'fail'), result(must, 'inconclusive')]],
  ['partial', [result(must, 'pass'), result(must, 'inconclusive')]],
  ['partial', [result(must, 'pass'), result(should, 'harness-error')]],
  ['partial', [result(must, 'unsupported')]],
] as const)('the outcome is %s', ([outcome, results]) => {
  expect(reportOf(results).outcome).toBe(outcome)
})

test.for(['warn', 'unsupported'] as const)('strictly, %s counts as a failure', (verdict) => {
  expect(reportOf([result(must, 'pass'), result(should, verdict)], { strict: true }).outcome).toBe('fail')
  expect(reportOf([result(must, 'pass'), result(should, 'not-applicable')], { strict: true }).outcome).toBe('pass')
})

test('an unhandled error during one case fails that case', () => {
  const unhandledErrors = [{ during: ['U1-must'], error: 'Error: lost' }]
  const report = reportOf([result(must, 'pass'), result(should, 'pass')], { unhandledErrors })
  expect(report.outcome).toBe('fail')
  expect(report.cases[0]).toMatchObject({ verdict: 'fail', brokenRule: 'E1', note: 'Error: lost' })
  expect(report.cases[1]?.verdict).toBe('pass')
  expect(report.unhandledErrors).toEqual([])
})

test('an unhandled error during several cases fails the run, which earns no profile', async () => {
  const unhandledErrors = [{ during: ['U1-must', 'U1-should'], error: 'Error: lost' }]
  const report = reportOf([result(must, 'pass'), result(should, 'pass')], { unhandledErrors })
  expect(report).toMatchObject({ outcome: 'fail', unhandledErrors, profiles: [] })
})

test('a report contains the store, the runtime and the result of each case, as plain JSON', async () => {
  const report = await runConformance(harness, { seed: 11 })
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  expect(report).toMatchObject({
    reportVersion: 1,
    kit: { name: '@bext/session-conformance', version: manifest.version },
    contract: '1.0',
    store: { name: 'memory', family: 'server', capabilities: harness.capabilities, versions: { 'a backend': '7.0.1' } },
    runtime: { node: process.versions.node },
    seed: 11,
    selection: [],
    profiles: ['server/core', 'by-user', 'sweep', 'compare', 'user-records', 'given-id'],
    outcome: 'pass',
  })
  expect(report.cases.map(({ id }) => id)).toEqual(cases.map(({ id }) => id))
  expect(report.cases.find(({ id }) => id === 'U2-new-id')).toMatchObject({ verdict: 'not-applicable', attempts: 0 })
  expect(report.cases.find(({ id }) => id === 'H1-down')).toMatchObject({
    verdict: 'unsupported',
    note: 'needs endpoint',
  })
  expect(report.cases.find(({ id }) => id === 'O3-idempotent')).toMatchObject({ verdict: 'not-applicable' })
})

test('the version of the kit is that of its manifest', () => {
  expect(kitVersion).toBe(manifest.version)
})

test('an inconclusive case runs up to three times, each time with other random values', async () => {
  const seen: string[] = []
  const tells = (at: number): ConformanceCase =>
    defineCase('U1-slow', 'a case that is told at last', async (context) => {
      seen.push(context.userId())
      if (seen.length < at) throw new Inconclusive('too slow')
    })
  expect(await startRun(harness, { seed: 1 }).runCase(tells(3))).toMatchObject({ verdict: 'pass', attempts: 3 })
  expect(new Set(seen).size).toBe(3)
  seen.length = 0
  expect(await startRun(harness, { seed: 1 }).runCase(tells(4))).toMatchObject({ verdict: 'inconclusive', attempts: 3 })
})

/** Resolves to the data of the sessions that a case creates. */
async function drawn(seed: number): Promise<string[]> {
  const texts: string[] = []
  const watched: StoreHarness = {
    ...harness,
    open: () => {
      const store = memorySessions()
      return { store: { ...store, create: (options) => (texts.push(options.dataJson), store.create(options)) } }
    },
  }
  const each = cases.find(({ id }) => id === 'C1-same-options')
  if (each) await startRun(watched, { seed }).runCase(each)
  return texts
}

test('a seed repeats the values of a case, and another seed does not', async () => {
  const [first, again, other] = await Promise.all([drawn(5), drawn(5), drawn(6)])
  expect(first).toHaveLength(2)
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})

function stub(id: string, exclusive: boolean): ConformanceCase {
  return { ...defineCase(id, id, async () => undefined), exclusive }
}

test('cases run concurrently, exclusive ones alone, and the results keep the order', async () => {
  const running = new Set<string>()
  const together: number[] = []
  const given = [stub('A1-a', true), stub('A1-b', false), stub('A1-c', false), stub('A1-d', true)]
  const results = await runAll(
    {
      async runCase(each) {
        running.add(each.id)
        await new Promise((resolve) => setImmediate(resolve))
        together.push(running.size)
        running.delete(each.id)
        return result(each, 'pass')
      },
    },
    given,
  )
  expect(results.map(({ case: { id } }) => id)).toEqual(['A1-a', 'A1-b', 'A1-c', 'A1-d'])
  expect(together).toEqual([2, 1, 1, 1])
})

test('no case starts after a run was aborted', async () => {
  const controller = new AbortController()
  const results = await runAll(startRun(harness), cases.slice(0, 20), {
    signal: controller.signal,
    onResult: () => controller.abort(),
  })
  expect(results.length).toBeLessThan(20)
})
