/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, status: string, message?: string, assertionResults: { status: string }[] }} FileResult */

/** @type {Counts} */
export const noCounts = Object.freeze({ passed: 0, failed: 0, skipped: 0 })

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
export const add = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** @param {Counts} counts */
export const closingLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`

/**
 * Counts the results of a test run from Vitest's JSON report and exit code. Problems that no test shows count as one
 * failure each and get a remark: a missing report, a file that did not load, an error outside tests, or no tests at all.
 *
 * @param {string | undefined} report
 * @param {number} exitCode
 * @returns {Counts & { remarks: string[] }}
 */
export function countTests(report, exitCode) {
  if (report === undefined) {
    return { ...noCounts, failed: 1, remarks: [`vitest ended with code ${exitCode} and left no report`] }
  }
  /** @type {FileResult[]} */
  const files = JSON.parse(report).testResults
  /** @type {string[]} */
  const remarks = []
  let counts = noCounts
  for (const file of files) {
    const passed = file.assertionResults.filter(({ status }) => status === 'passed').length
    const failed = file.assertionResults.filter(({ status }) => status === 'failed').length
    counts = add(counts, { passed, failed, skipped: file.assertionResults.length - passed - failed })
    if (file.status === 'failed' && failed === 0) remarks.push(`${file.name} failed outside of its tests`)
  }
  if (counts.passed + counts.failed === 0 && remarks.length === 0) remarks.push('no test ran')
  if (exitCode !== 0 && counts.failed === 0 && remarks.length === 0) {
    remarks.push(`vitest ended with code ${exitCode} though no test failed`)
  }
  return { ...add(counts, { ...noCounts, failed: remarks.length }), remarks }
}
