// Jest provides this module to its tests, so it is no dependency.
import { describe, test } from '@jest/globals'
import type { AdapterOptions, BoundTest } from './adapters/bind-cases.js'
import { bindCases } from './adapters/bind-cases.js'
import type { StoreHarness } from './runner/harness.js'

async function runTest(bound: BoundTest): Promise<void> {
  const reason = await bound.run()
  // Jest cannot skip a test that has started.
  if (reason !== undefined) process.emitWarning(`not passed, and not failed:\n${reason}`, 'Conformance')
}

/**
 * Declares one jest test for each case that applies to the harness. Call it at the top level of a test file. A failed
 * or inconclusive case fails its test with a report. A warning is printed.
 */
export function testConformance(harness: StoreHarness, options: AdapterOptions = {}): void {
  const { title, together, alone } = bindCases(harness, options)
  describe(title, () => {
    // Tests that must run alone come last: jest starts them after the others have ended.
    for (const each of together) test.concurrent(each.title, () => runTest(each), each.timeoutMs)
    for (const each of alone) test(each.title, () => runTest(each), each.timeoutMs)
  })
}
