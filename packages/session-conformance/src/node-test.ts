import { describe, it } from 'node:test'
import type { AdapterOptions, BoundTest } from './adapters/bind-cases.js'
import { bindCases } from './adapters/bind-cases.js'
import type { StoreHarness } from './runner/harness.js'

const concurrency = 8

function declare(test: BoundTest): void {
  void it(test.title, { timeout: test.timeoutMs }, async (context) => {
    const reason = await test.run()
    if (reason !== undefined) context.skip(reason)
  })
}

/**
 * Declares one test of `node:test` for each case that applies to the harness. Call it at the top level of a test file.
 * A failed or inconclusive case fails its test with a report. A warning skips the test.
 */
export function testConformance(harness: StoreHarness, options: AdapterOptions = {}): void {
  const { title, together, alone } = bindCases(harness, options)
  void describe(title, { concurrency: 1 }, () => {
    void describe('side by side', { concurrency }, () => together.forEach(declare))
    void describe('alone', { concurrency: 1 }, () => alone.forEach(declare))
  })
}
