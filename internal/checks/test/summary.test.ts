import { describe, expect, test } from 'vitest'
import { add, closingLine, countTests } from '../bin/lib/summary.js'

const file = (status: string, ...tests: string[]): object => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((one) => ({ status: one })),
})
const report = (...files: object[]): string => JSON.stringify({ testResults: files })

describe('countTests', () => {
  test('adds up the tests of all files', () => {
    const text = report(file('passed', 'passed', 'passed', 'skipped'), file('failed', 'failed', 'todo', 'passed'))
    expect(countTests(text, 1)).toEqual({ passed: 3, failed: 1, skipped: 2, remarks: [] })
  })

  test('a file that did not load is one failure', () => {
    const counts = countTests(report(file('passed', 'passed'), file('failed')), 1)
    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0, remarks: ['a.test.ts failed outside of its tests'] })
  })

  test('a missing report is a failure', () => {
    expect(countTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1, skipped: 0 })
  })

  test.each([report(), report(file('passed', 'skipped'))])('a run without tests is a failure: %s', (text) => {
    expect(countTests(text, 0)).toMatchObject({ passed: 0, failed: 1, remarks: ['no test ran'] })
  })

  test('an exit code that no failed test explains is a failure', () => {
    expect(countTests(report(file('passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 })
  })
})

test('the closing line counts everything', () => {
  const counts = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })
  expect(closingLine(counts)).toBe('11 passed, 22 failed, 33 skipped')
})
