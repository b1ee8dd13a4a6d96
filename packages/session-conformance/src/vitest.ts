import { describe, it } from 'vitest'
import type { AdapterOptions } from './adapters/bind-cases.js'
import { bindCases } from './adapters/bind-cases.js'
import type { StoreHarness } from './runner/harness.js'

/**
 * Declares one vitest test for each case of the contract that concerns the harness. Call it at the top level of a test
 * file. A case that fails, or that cannot tell, fails its test with a report; a mere warning skips it with one.
 */
export function testConformance(harness: StoreHarness, options: AdapterOptions = {}): void {
  const { title, together, alone } = bindCases(harness, options)
  describe(title, () => {
    // Those that run alone come last, so that the others form one group.
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
