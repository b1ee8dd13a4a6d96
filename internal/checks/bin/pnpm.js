#!/usr/bin/env node
// The workspace's own pnpm, also where none is installed: node internal/checks/bin/pnpm.js install
import { run } from './lib/child.js'
import { findPnpm } from './lib/pnpm.js'

const [command = '', ...first] = await findPnpm()
process.exitCode = await run(command, [...first, ...process.argv.slice(2)])
