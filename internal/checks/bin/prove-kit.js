#!/usr/bin/env node
// Runs the conformance kit with 50 seeds over correct stores, none of which may fail a case: pnpm prove:kit
import { fileURLToPath } from 'node:url'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const args = [vitest, 'run', 'packages/session-conformance/test/right-stores']
process.exitCode = await run(process.execPath, args, { env: { KIT_SEEDS: '50', ...process.env } })
