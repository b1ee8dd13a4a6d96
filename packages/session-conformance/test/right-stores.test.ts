import type { ServiceUrls } from '@bext-internal/test-services'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import type { ConformanceCase, Run, StoreHarness } from '../src/index.js'
import { applicableCases, formatResult, startRun } from '../src/index.js'
import { seedsOf } from './helpers/seeds.js'
import { usePostgres } from './mutants/pg-base.js'
import { useRedis } from './mutants/redis-base.js'
import { rightPgStores, rightRedisStores, rightStores } from './mutants/right.js'

vi.setConfig({ maxConcurrency: 6, testTimeout: 120_000 })

const urls: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }
const redis = useRedis(urls.redisUrl)
const postgres = await usePostgres(urls.postgresUrl)
const stores = [...rightStores(), ...rightRedisStores(redis), ...(await rightPgStores(postgres))]

afterAll(async () => {
  await Promise.all([redis.close(), postgres.close()])
})

// `pnpm prove:kit` runs many seeds. Beside busy processes, a case may say that the machine was too slow.
const seeds = seedsOf(process.env['KIT_SEEDS'])
const accepted = process.env['KIT_BUSY'] === '1' ? ['pass', 'inconclusive'] : ['pass']
const width = 6

async function expectPasses(run: Run, cases: readonly ConformanceCase[]): Promise<void> {
  const queue = [...cases]
  const complaints: string[] = []
  async function work(): Promise<void> {
    for (let each = queue.shift(); each; each = queue.shift()) {
      const result = await run.runCase(each)
      if (!accepted.includes(result.verdict)) complaints.push(formatResult(result, run))
      else if (result.verdict !== 'pass') process.stdout.write(`${formatResult(result, run)}\n`)
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  expect(complaints).toEqual([])
}

function casesOf(harness: StoreHarness, exclusive: boolean): readonly ConformanceCase[] {
  return applicableCases(harness).filter((each) => each.exclusive === exclusive)
}

describe('correct stores pass', () => {
  const runs = stores.flatMap((harness) => seeds.map((seed) => startRun(harness, { seed })))
  describe('concurrently', () => {
    for (const run of runs) {
      it.concurrent(`${run.harness.name}, seed ${run.seed}`, () => expectPasses(run, casesOf(run.harness, false)))
    }
  })
  describe('alone', () => {
    for (const run of runs) {
      it.sequential(`${run.harness.name}, seed ${run.seed}`, async () => {
        for (const each of casesOf(run.harness, true)) await expectPasses(run, [each])
      })
    }
  })
})
