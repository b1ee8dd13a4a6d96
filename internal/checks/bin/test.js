#!/usr/bin/env node
// npm test: sets up the workspace, runs all checks and tests, and ends with their counts.
// With arguments, which go to Vitest, it runs only those tests: npm test -- redis
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { capture, exitCodeOf, interruptedBy, run } from './lib/child.js'
import { prepare, SetupError } from './lib/prepare.js'
import { add, closingLine, countTests, noCounts } from './lib/summary.js'
import { cacheFolder, root } from './lib/workspace.js'

/** @typedef {import('./lib/summary.js').Counts} Counts */

/** @param {string[]} args */
async function runTests(args) {
  const reportFile = join(cacheFolder, 'vitest.json')
  rmSync(reportFile, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]
  const code = await run(process.execPath, vitest, { cwd: root, input: 'ignore' })
  if (interruptedBy()) return noCounts
  /** @type {string | undefined} */
  let report
  try {
    report = readFileSync(reportFile, 'utf8')
  } catch {
    report = undefined
  }
  const { remarks, ...counts } = countTests(report, code)
  for (const remark of remarks) console.log(`failed: ${remark}`)
  return counts
}

/**
 * @param {string} title
 * @param {string[]} command
 * @returns {Promise<Counts>}
 */
async function check(title, command) {
  const startedMs = performance.now()
  const env = { ...process.env, NO_COLOR: '1' }
  const { code, output } = await capture(process.execPath, command, { cwd: root, env })
  const verdict = code === 0 ? 'passed' : 'failed'
  if (code !== 0) console.log(output.trimEnd())
  console.log(`${title}: ${verdict} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`)
  return code === 0 ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 }
}

/** @param {string[]} args */
async function runAll(args) {
  await prepare()
  if (interruptedBy()) return noCounts
  if (args.length > 0) return runTests(args)
  const checks = await Promise.all([
    check('lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']),
    check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '**/*.{ts,js}']),
    check('unused', ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints']),
    check('type check', ['node_modules/typescript/bin/tsc', '-b']),
  ])
  return interruptedBy() ? noCounts : [...checks, await runTests([])].reduce(add)
}

/** @type {Counts} */
let counts = { ...noCounts, failed: 1 }
try {
  counts = await runAll(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
}
const signal = interruptedBy()
if (signal) {
  console.log(`interrupted by ${signal}`)
  process.exitCode = exitCodeOf(signal)
} else {
  console.log(closingLine(counts))
  process.exitCode = counts.failed > 0 ? 1 : 0
}
