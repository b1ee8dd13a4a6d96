import { afterAll, describe, expect, it, vi } from 'vitest'
import { complaints, runsAlone } from './mutants/catch.js'
import { mutantSeeds } from './mutants/due-cases.js'
import { inProcessMutants } from './mutants/in-process.js'
import type { Mutant } from './mutants/mutant.js'

// Most cases wait for sessions to expire, so many can run concurrently.
vi.setConfig({ maxConcurrency: 24, testTimeout: 60_000 * mutantSeeds.length })

let caught = 0

async function expectCaught(mutant: Mutant): Promise<void> {
  expect(await complaints(mutant, undefined)).toEqual([])
  caught += 1
}

describe('the kit catches broken stores in this process', () => {
  describe('concurrently', () => {
    for (const mutant of inProcessMutants.filter((each) => !runsAlone(each))) {
      it.concurrent(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant))
    }
  })
  describe('alone', () => {
    for (const mutant of inProcessMutants.filter(runsAlone)) {
      it.sequential(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant))
    }
  })
})

afterAll(() => {
  process.stdout.write(`mutants: ${caught} of ${inProcessMutants.length} caught in process\n`)
})
