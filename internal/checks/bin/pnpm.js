#!/usr/bin/env node
// Runs the pnpm version of the workspace, even if pnpm is not installed: node internal/checks/bin/pnpm.js install
import { run } from './lib/child.js'
import { findPnpm } from './lib/pnpm.js'

const [command = '', ...first] = await findPnpm()
process.exitCode = await run(command, [...first, ...process.argv.slice(2)])
