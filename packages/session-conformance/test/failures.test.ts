import type { SessionPlugin } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, onTestFinished, test } from 'vitest'
import type { CaseResult, StoreHarness } from '../src/index.js'
import { applicableCases, cases, runAll, runConformance, startRun } from '../src/index.js'
import { bindCases } from '../src/adapters/bind-cases.js'

function harnessOf(steps: (right: SessionPlugin) => Partial<SessionPlugin>): StoreHarness {
  return {
    name: 'broken',
    family: 'server',
    declarations: { sharedBackend: false },
    open() {
      const right = memorySessions()
      return { store: { ...right, ...steps(right) } }
    },
  }
}

function resultOf(harness: StoreHarness, id: string): Promise<CaseResult> {
  const each = cases.find((other) => other.id === id)
  if (!each) throw new Error(`There is no case ${id}.`)
  return startRun(harness, { seed: 7 }).runCase(each)
}

const missingTable = harnessOf(() => ({
  create: () =>
    Promise.reject(
      new SessionError('failed', 'It failed.', {
        cause: new Error('no such table: sessions', { cause: new Error('no file') }),
      }),
    ),
}))

test('a failure shows the message of the error that the store wrapped', async () => {
  expect(await resultOf(missingTable, 'R1-whole')).toMatchObject({
    seen: 'a call was answered Backend (failed; cause: Error)',
    note: 'The cause says: no such table: sessions; caused by: no file',
  })
})

test('a store whose create() fails has one failure, and no other case runs', async () => {
  const results = await runAll(startRun(missingTable), applicableCases(missingTable))
  expect(results.filter(({ verdict }) => verdict !== 'unsupported').map(({ case: { id } }) => id)).toEqual(['C1-first'])
  expect(results.at(-1)?.note).toBe('not run, because C1-first failed')
})

test('a store that can be opened only once at a time has one failure', async () => {
  let opened = 0
  const once: StoreHarness = {
    ...harnessOf(() => ({})),
    open() {
      opened += 1
      if (opened > 1) return missingTable.open({ namespace: 'n' })
      return { store: memorySessions() }
    },
  }
  const results = await runAll(startRun(once), applicableCases(once))
  expect(results.filter(({ verdict }) => verdict !== 'unsupported').map(({ case: { id } }) => id)).toEqual(['C1-first'])
})

test('under a test runner, the other cases of such a store are skipped', async () => {
  const { together } = bindCases(missingTable)
  const [first, other] = ['C1-first', 'U3-deleted'].map((id) => together.find(({ title }) => title.startsWith(id)))
  await expect(first?.run()).rejects.toThrow('no such table: sessions')
  expect(await other?.run()).toContain('not run, because C1-first failed')
})

test('C5-one-clock-reads names the call that misses a live session', async () => {
  // The memory store uses the clock of the process. The case does not connect to the endpoint.
  const harness: StoreHarness = { ...harnessOf(() => ({})), endpoint: { host: '127.0.0.1', port: 1 } }
  expect(await resultOf(harness, 'C5-one-clock-reads')).toMatchObject({
    verdict: 'fail',
    expected: 'read() to find a live session, with a clock an hour ahead',
    seen: 'it was NotFound',
  })
})

test('altered data are described by their first difference', async () => {
  const altering = harnessOf((right) => ({
    async read(id) {
      const record = await right.read(id)
      return { ...record, dataJson: record.dataJson.replace('visits', 'Visits\u0000') }
    },
  }))
  const { seen } = await resultOf(altering, 'R1-whole')
  expect(seen).toBe('67 characters came back; the first difference is at character 31: U+0056 instead of U+0076')
})

test('an unhandled rejection during runConformance is reported, and does not end the process', async () => {
  // Those of the test runner would fail this test.
  const others = process.rawListeners('unhandledRejection') as ((error: unknown) => void)[]
  process.removeAllListeners('unhandledRejection')
  onTestFinished(() => {
    for (const each of others) process.on('unhandledRejection', each)
  })
  const losing = harnessOf(() => ({
    create() {
      void Promise.reject(new Error('a write behind that failed'))
      return Promise.reject(new SessionError('failed', 'It failed.'))
    },
  }))
  const { cases: ended } = await runConformance(losing)
  expect(ended.find(({ id }) => id === 'C1-first')?.note).toContain('a write behind that failed')
})

test('a harness with a field that does not exist is rejected by name', () => {
  const right = harnessOf(() => ({}))
  expect(() => startRun({ ...right, capabilites: [] } as StoreHarness)).toThrow('there is no option "capabilites"')
  const declaring = { ...right, declarations: { shared: false } } as StoreHarness
  expect(() => startRun(declaring)).toThrow('harness.declarations: there is no option "shared"')
  const conditioned = { ...right, conditions: { full: () => () => undefined } } as StoreHarness
  expect(() => startRun(conditioned)).toThrow('harness.conditions: there is no option "full"')
})
