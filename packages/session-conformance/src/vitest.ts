import { describe, it } from 'vitest'
import type { ConformanceCase } from './lib/case.js'
import { formatResult } from './lib/format.js'
import type { StoreHarness } from './lib/harness.js'
import type { RunOptions } from './lib/run.js'
import { applicableCases, startRun } from './lib/run.js'

const caseLimitMs = 120_000

/**
 * Declares one vitest test for each case of the contract that concerns the harness. Call it at the top level of a test
 * file. A case that fails, or that cannot tell, fails its test with a report.
 */
export function testConformance(harness: StoreHarness, options: RunOptions = {}): void {
  const run = startRun(harness, options)
  async function check(each: ConformanceCase): Promise<void> {
    const result = await run.runCase(each)
    if (result.verdict === 'pass') return
    const error = new Error(`\n${formatResult(result, run)}`)
    error.name = 'Conformance'
    // The stack would lead into the kit; the report says what there is to say.
    error.stack = error.message
    throw error
  }
  const applicable = applicableCases(harness)
  describe(`${harness.name} keeps the session store contract`, () => {
    // The exclusive ones last, so that the others form one group that runs side by side.
    for (const each of applicable.toSorted((a, b) => Number(a.exclusive) - Number(b.exclusive))) {
      const declare = each.exclusive ? it.sequential : it.concurrent
      declare(`${each.id} ${each.title}`, { timeout: caseLimitMs }, () => check(each))
    }
  })
}
