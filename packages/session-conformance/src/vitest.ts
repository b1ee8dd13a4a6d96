import { describe, it } from 'vitest'
import type { AdapterOptions } from './adapters/bind-cases.js'
import { bindCases } from './adapters/bind-cases.js'
import type { StoreHarness } from './runner/harness.js'

/**
 * Declares one vitest test for each case that applies to the harness. Call it at the top level of a test file. A failed
 * or inconclusive case fails its test with a report. A warning skips the test with a report.
 */
export function testConformance(harness: StoreHarness, options: AdapterOptions = {}): void {
  const { title, together, alone } = bindCases(harness, options)
  describe(title, () => {
    // Tests that must run alone come last, so that the others form one group.
    for (const [declare, tests] of [
      [it.concurrent, together],
      [it.sequential, alone],
    ] as const) {
      for (const test of tests) {
        declare(test.title, { timeout: test.timeoutMs }, async ({ skip }) => {
          const reason = await test.run()
          if (reason !== undefined) skip(reason)
        })
      }
    }
  })
}
