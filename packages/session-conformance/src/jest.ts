// Jest itself gives this module to what it runs, so that it is no dependency.
import { describe, test } from '@jest/globals'
import type { AdapterOptions, BoundTest } from './adapters/bind-cases.js'
import { bindCases } from './adapters/bind-cases.js'
import type { StoreHarness } from './runner/harness.js'

async function runTest(bound: BoundTest): Promise<void> {
  const reason = await bound.run()
  // Jest cannot skip a test that has begun.
  if (reason !== undefined) process.emitWarning(`not passed, and not failed:\n${reason}`, 'Conformance')
}

/**
 * Declares one jest test for each case of the contract that concerns the harness. Call it at the top level of a test
 * file. A case that fails, or that cannot tell, fails its test with a report; a mere warning is printed.
 */
export function testConformance(harness: StoreHarness, options: AdapterOptions = {}): void {
  const { title, together, alone } = bindCases(harness, options)
  describe(title, () => {
    // Those that run alone come last: jest begins them once the others are over.
    for (const each of together) test.concurrent(each.title, () => runTest(each), each.timeoutMs)
    for (const each of alone) test(each.title, () => runTest(each), each.timeoutMs)
  })
}
