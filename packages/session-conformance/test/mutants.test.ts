import { afterAll, describe, expect, it, vi } from 'vitest'
import { complaints, runNamedCases, runsAlone } from './mutants/catch.js'
import { inProcessMutants } from './mutants/in-process.js'
import type { Mutant } from './mutants/mutant.js'

// The cases mostly wait for sessions to run out, so many fit side by side.
vi.setConfig({ maxConcurrency: 24 })

let caught = 0

async function expectCaught(mutant: Mutant): Promise<void> {
  expect(complaints(mutant, await runNamedCases(mutant, undefined))).toEqual([])
  caught += 1
}

describe('broken stores in this process are caught', () => {
  describe('side by side', () => {
    for (const mutant of inProcessMutants.filter((each) => !runsAlone(each))) {
      it.concurrent(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant))
    }
  })
  describe('one by one', () => {
    for (const mutant of inProcessMutants.filter(runsAlone)) {
      it.sequential(`${mutant.rule} ${mutant.name}`, () => expectCaught(mutant))
    }
  })
})

afterAll(() => {
  process.stdout.write(`zoo: ${caught} of ${inProcessMutants.length} caught in process\n`)
})
