import { applicableCases, formatResult, startRun, type StoreHarness } from '@bext/session-conformance'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { harnessOf } from './helpers/harness.js'
import { startServer } from './helpers/servers.js'

const server = await startServer()
afterAll(() => server.stop())

/** A setting of the whole server, and what takes it back. */
function setting(name: string, value: string, usual: string) {
  return async (): Promise<() => Promise<void>> => {
    await server.raw.config('SET', name, value)
    return async () => void (await server.raw.config('SET', name, usual))
  }
}

const harness: StoreHarness = {
  ...harnessOf('redis, a server of its own', (url) => new Redis(url), server.url),
  conditions: {
    forbid: { 'too few replicas': setting('min-replicas-to-write', '1', '0') },
    fill: setting('maxmemory', '1', '0'),
  },
}

// These conditions are those of the server, so the cases run one by one.
describe('conditions of a whole server', () => {
  const run = startRun(harness)
  const cases = applicableCases(harness).filter(({ needs }) => needs.includes('forbid') || needs.includes('fill'))

  it.for(cases)('$id $title', async (each) => {
    const result = await run.runCase(each)
    expect(result.verdict, formatResult(result, run)).toBe('pass')
  })
})
