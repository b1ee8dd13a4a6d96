#!/usr/bin/env node
// Runs the conformance kit over every client that session-redis and session-pg support, and over partitioned tables:
// pnpm clients
import { fileURLToPath } from 'node:url'
import { run } from './lib/child.js'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const args = [vitest, 'run', 'clients-conformance', 'pglite']
process.exitCode = await run(process.execPath, args, { env: { ...process.env, EVERY_CLIENT: '1' } })
