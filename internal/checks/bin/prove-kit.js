#!/usr/bin/env node
// Runs the conformance kit with 50 seeds over correct stores, none of which may fail a case, and each case over each
// broken store that it must catch, with 8 seeds: pnpm prove:kit
import { fileURLToPath } from 'node:url'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const files = ['right-stores', 'mutants'].map((name) => `packages/session-conformance/test/${name}`)
process.exitCode = await run(process.execPath, [vitest, 'run', ...files], {
  env: { KIT_SEEDS: '50', KIT_MUTANT_SEEDS: '8', KIT_ALL_CASES: '1', ...process.env },
})
