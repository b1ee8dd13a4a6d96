import type { ServiceUrls } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { complaints, runsAlone } from './mutants/catch.js'
import { mutantSeeds } from './mutants/due-cases.js'
import type { Mutant } from './mutants/mutant.js'
import type { PgServer } from './mutants/pg-base.js'
import { usePostgres } from './mutants/pg-base.js'
import { pgMutants } from './mutants/pg-mutants.js'
import type { RedisServer } from './mutants/redis-base.js'
import { useRedis } from './mutants/redis-base.js'
import { redisMutants } from './mutants/redis-mutants.js'

vi.setConfig({ maxConcurrency: 12, testTimeout: 60_000 * mutantSeeds.length })

let redis: RedisServer
let postgres: PgServer
let caught = 0

beforeAll(async () => {
  const urls: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }
  redis = useRedis(urls.redisUrl)
  postgres = await usePostgres(urls.postgresUrl)
})

afterAll(async () => {
  await Promise.all([redis.close(), postgres.close()])
  process.stdout.write(`mutants: ${caught} of ${redisMutants.length + pgMutants.length} caught over the network\n`)
})

async function expectCaught<Server>(mutant: Mutant<Server>, server: Server): Promise<void> {
  expect(await complaints(mutant, server)).toEqual([])
  caught += 1
}

describe('the kit catches broken stores over real servers', () => {
  describe('concurrently', () => {
    for (const mutant of redisMutants.filter((each) => !runsAlone(each))) {
      it.concurrent(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant, redis))
    }
    for (const mutant of pgMutants.filter((each) => !runsAlone(each))) {
      it.concurrent(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant, postgres))
    }
  })
  describe('alone', () => {
    for (const mutant of redisMutants.filter(runsAlone)) {
      it.sequential(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant, redis))
    }
    for (const mutant of pgMutants.filter(runsAlone)) {
      it.sequential(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant, postgres))
    }
  })
})
