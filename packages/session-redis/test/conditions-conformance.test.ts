import { applicableCases, formatResult, startRun, type StoreHarness } from '@bext/session-conformance'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { createHarness, opens } from './harness.js'
import { startServer } from './helpers/servers.js'

const server = await startServer()
afterAll(() => server.stop())

/** Returns a condition that changes a server setting, and restores the usual value afterwards. */
function changeSetting(name: string, value: string, usual: string) {
  return async (): Promise<() => Promise<void>> => {
    await server.raw.config('SET', name, value)
    return async () => void (await server.raw.config('SET', name, usual))
  }
}

const harness: StoreHarness = {
  ...createHarness('redis, a separate server', opens(Redis), server.url),
  conditions: {
    forbid: { 'too few replicas': changeSetting('min-replicas-to-write', '1', '0') },
    fill: changeSetting('maxmemory', '1', '0'),
  },
}

// These conditions apply to the whole server, so the cases run one by one.
describe('conditions that apply to a whole server', () => {
  const run = startRun(harness)
  const cases = applicableCases(harness).filter(({ needs }) => needs.includes('forbid') || needs.includes('fill'))

  it.for(cases)('$id $title', async (each) => {
    const result = await run.runCase(each)
    expect(result.verdict, formatResult(result, run)).toBe('pass')
  })
})
