import { SessionError } from '@bext/session-core'
import { beforeEach, expect, test, vi } from 'vitest'
import type { CaseContext } from '../src/runner/case-context.js'
import type { CheckedStore } from '../src/runner/checked-store.js'
import { settleWithin } from '../src/runner/with-timeout.js'
import { untilHealthy, untilItWorks } from '../src/toolbox/faulty-backend.js'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

/** Returns a store that is healthy from a time on, in milliseconds from now. */
function healthyFrom(ms: number): CheckedStore {
  const atMs = Date.now() + ms
  return { isHealthy: async () => Date.now() >= atMs } as CheckedStore
}

function contextWith(other: CheckedStore): CaseContext {
  return { openAlike: async () => other } as unknown as CaseContext
}

async function tooLate(): Promise<never> {
  throw new SessionError('timeout', 'too late')
}

const never = Number.POSITIVE_INFINITY

/** Resolves to how the wait for the store ends, within two minutes of fake time. */
async function endOf(waiting: Promise<unknown>): Promise<string> {
  const ending = waiting.then(
    () => 'it works',
    (error: Error) => `${error.name}: ${error.message}`,
  )
  await vi.advanceTimersByTimeAsync(120_000)
  return ending
}

test.each([
  ['works at once', 0, never, /^it works$/],
  ['works late, and a new one earlier', 19_000, 0, /^it works$/],
  ['works late, while a new one does not yet', 35_000, never, /^it works$/],
  ['never works, but a new one does', never, 0, /^ConformanceFailure: .* isHealthy\(\) .* opened then is healthy/],
  ['never works, but a new one does later', never, 30_000, /^ConformanceFailure/],
  ['never works, and a new one does not either', never, never, /^Inconclusive: .* too slow/],
])('a store that %s', async (_, ms, otherMs, end) => {
  const store = healthyFrom(ms)
  expect(await endOf(untilHealthy(contextWith(healthyFrom(otherMs)), store))).toMatch(end)
})

test('a call that never works while a new store is healthy', async () => {
  const store = healthyFrom(0)
  expect(await endOf(untilItWorks(contextWith(healthyFrom(0)), store, tooLate))).toMatch(/^ConformanceFailure: .*calls/)
})

test('a limit of few intervals is close to the clock, also if each one is late', async () => {
  const lateMs = 100
  const setTimer = setTimeout
  vi.stubGlobal('setTimeout', (work: () => void, ms: number) => setTimer(work, ms + lateMs))
  const call = new Promise((resolve) => setTimer(() => resolve('after both steps'), 4500))
  const [short, long] = [settleWithin(call, 3500), settleWithin(call, 3500, 3000)]
  await vi.advanceTimersByTimeAsync(10_000)
  vi.unstubAllGlobals()
  expect((await long).state).toBe('pending')
  expect((await short).state).toBe('resolved')
})
