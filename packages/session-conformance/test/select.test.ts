import { afterEach, expect, test, vi } from 'vitest'
import { memorySessions } from '@bext/session-core/memory'
import type { StoreHarness } from '../src/index.js'
import { cases, startRun } from '../src/index.js'
import { isQuick } from '../src/runner/selection.js'
import { limitTickMs } from '../src/runner/with-timeout.js'
import { matchesPattern, selectCases } from '../src/runner/selection.js'

const harness: StoreHarness = {
  name: 'memory',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
  declarations: { sharedBackend: false },
  open: () => ({ store: memorySessions() }),
}

afterEach(() => {
  vi.restoreAllMocks()
})

test.for([
  ['U3-deleted', ['U3-deleted']],
  ['U3', ['U3-unknown', 'U3-deleted', 'U3-expired', 'U3-revoked', 'U3-stored-end', 'U3-mixed']],
  ['H', ['H1-up', 'H1-writes-nothing', 'H1-down', 'H2-heals']],
  ['*-deleted', ['R3-deleted', 'U3-deleted', 'T3-deleted']],
  ['U3-??p*', ['U3-expired']],
  ['u3', []],
  ['U3.deleted', []],
] as const)('the pattern %s names %j', ([pattern, ids]) => {
  expect(cases.filter((each) => matchesPattern(each, pattern)).map(({ id }) => id)).toEqual(ids)
})

test('--quick omits cases that wait, and keeps every rule that can be checked at once', () => {
  const quick = selectCases(cases, { quick: true })
  const rules = new Set(quick.map(({ rule }) => rule))
  const left = cases.filter(({ rule, needs }) => !rules.has(rule) && !needs.includes('endpoint'))
  expect([...new Set(left.map(({ rule }) => rule))]).toEqual(['D4'])
})

/** Returns how long a case waits in total, without the limits of its calls. */
async function waitedFor(id: string): Promise<number> {
  let waitedMs = 0
  const real = globalThis.setTimeout
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation((run: () => void, ms = 0) => {
    if (ms < 2000 && ms !== limitTickMs) waitedMs += ms
    return real(run, ms)
  })
  const each = cases.find((other) => other.id === id)
  if (!each) throw new Error(`There is no case ${id}`)
  const { verdict } = await startRun(harness).runCase(each)
  spy.mockRestore()
  expect(['pass', 'unsupported', 'not-applicable']).toContain(verdict)
  return waitedMs
}

test('no case of --quick waits long', async () => {
  const waits: (readonly [string, number])[] = []
  for (const { id } of cases.filter(isQuick)) waits.push([id, await waitedFor(id)])
  expect(waits.filter(([, ms]) => ms > 100)).toEqual([])
})
