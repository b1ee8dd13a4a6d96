#!/usr/bin/env node
// Runs the conformance kit over every version of node-redis that the packages support: pnpm clients
import { fileURLToPath } from 'node:url'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const args = [vitest, 'run', 'packages/session-redis/test/node-redis-conformance']
process.exitCode = await run(process.execPath, args, { env: { ...process.env, EVERY_CLIENT: '1' } })
