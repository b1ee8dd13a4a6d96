#!/usr/bin/env node
// Runs the conformance kit with 50 seeds over correct stores, none of which may fail a case. Ten of them run beside four busy
// processes, where a case may be inconclusive, and is then printed. After that, it runs each case over each broken store that
// it must catch, with 8 seeds: pnpm prove:kit
// With ranges of seeds, it runs only a part: pnpm prove:kit --seeds 20-29 (correct stores), or --mutant-seeds 20-21.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const usage = `Usage: pnpm prove:kit [--seeds FIRST-LAST] [--mutant-seeds FIRST-LAST] [--busy]

--busy keeps four other processes busy meanwhile.`
const busyProcesses = 4

/** @typedef {{ seeds: string, mutantSeeds: string, isBusy: boolean }} Part */

/** @type {readonly Part[]} */
const whole = [
  { seeds: '20-59', mutantSeeds: '', isBusy: false },
  { seeds: '60-69', mutantSeeds: '', isBusy: true },
  { seeds: '', mutantSeeds: '20-27', isBusy: false },
]

/** @param {string | undefined} range */
function checkRange(range) {
  if (range === undefined) return ''
  const [, first, last] = /^(\d{1,6})-(\d{1,6})$/.exec(range) ?? []
  if (Number(first) <= Number(last)) return range
  throw new Error(`Expected a range of seeds such as 20-29, not ${range}.`)
}

/**
 * @param {string[]} args
 * @returns {readonly Part[]}
 */
function partsOf(args) {
  const seedOptions = /** @type {const} */ ({ seeds: { type: 'string' }, 'mutant-seeds': { type: 'string' } })
  const { values } = parseArgs({ args, options: { ...seedOptions, busy: { type: 'boolean', default: false } } })
  const { seeds, 'mutant-seeds': mutantSeeds, busy: isBusy } = values
  if (seeds !== undefined || mutantSeeds !== undefined) {
    return [{ seeds: checkRange(seeds), mutantSeeds: checkRange(mutantSeeds), isBusy }]
  }
  if (isBusy) throw new Error('--busy needs --seeds or --mutant-seeds.')
  return whole
}

/**
 * @param {string} name
 * @param {Record<string, string>} env
 */
function prove(name, env) {
  const args = [vitest, 'run', '--project', 'tests', `packages/session-conformance/test/${name}`]
  return run(process.execPath, args, { env: { ...process.env, ...env } })
}

/** @param {Part} part */
async function provePart({ seeds, mutantSeeds, isBusy }) {
  const busy = Array.from({ length: isBusy ? busyProcesses : 0 }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  try {
    const code = seeds === '' ? 0 : await prove('right-stores', { KIT_SEEDS: seeds, KIT_BUSY: isBusy ? '1' : '' })
    if (code !== 0 || mutantSeeds === '') return code
    return await prove('mutants', { KIT_MUTANT_SEEDS: mutantSeeds, KIT_ALL_CASES: '1' })
  } finally {
    for (const child of busy) child.kill()
  }
}

try {
  for (const part of partsOf(process.argv.slice(2))) process.exitCode ||= await provePart(part)
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exitCode = 2
}
