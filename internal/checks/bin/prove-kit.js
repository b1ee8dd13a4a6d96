#!/usr/bin/env node
// Runs the conformance kit with 50 seeds over correct stores, none of which may fail a case, and each case over each
// broken store that it must catch, with 8 seeds: pnpm prove:kit
// With ranges of seeds, it runs only a part: pnpm prove:kit --seeds 20-29 (correct stores), or --mutant-seeds 20-21.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const usage = 'Usage: pnpm prove:kit [--seeds FIRST-LAST] [--mutant-seeds FIRST-LAST]'

/**
 * @param {string | undefined} range
 * @param {string} whole
 */
function checkRange(range, whole) {
  if (range === undefined) return whole
  const [, first, last] = /^(\d{1,6})-(\d{1,6})$/.exec(range) ?? []
  if (Number(first) <= Number(last)) return range
  throw new Error(`Expected a range of seeds such as 20-29, not ${range}.`)
}

/** @param {string[]} args */
function rangesOf(args) {
  const { values } = parseArgs({ args, options: { seeds: { type: 'string' }, 'mutant-seeds': { type: 'string' } } })
  const { seeds, 'mutant-seeds': mutantSeeds } = values
  const isWhole = seeds === undefined && mutantSeeds === undefined
  return {
    seeds: checkRange(seeds, isWhole ? '20-69' : ''),
    mutantSeeds: checkRange(mutantSeeds, isWhole ? '20-27' : ''),
  }
}

/**
 * @param {string} name
 * @param {Record<string, string>} env
 */
async function prove(name, env) {
  const args = [vitest, 'run', '--project', 'tests', `packages/session-conformance/test/${name}`]
  return run(process.execPath, args, { env: { ...process.env, ...env } })
}

try {
  const { seeds, mutantSeeds } = rangesOf(process.argv.slice(2))
  if (seeds !== '') process.exitCode = await prove('right-stores', { KIT_SEEDS: seeds })
  if (mutantSeeds !== '') {
    process.exitCode ||= await prove('mutants', { KIT_MUTANT_SEEDS: mutantSeeds, KIT_ALL_CASES: '1' })
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exitCode = 2
}
