#!/usr/bin/env node
// npm run demo: sets up the workspace and starts the demo with the arguments: npm run demo -- --once
import { join } from 'node:path'
import { exitCodeOf, interruptedBy, run } from './lib/child.js'
import { prepare, SetupError } from './lib/prepare.js'
import { root } from './lib/workspace.js'

async function runDemo() {
  await prepare()
  const signal = interruptedBy()
  if (signal) return exitCodeOf(signal)
  const demo = join(root, 'examples/demo/src/main.ts')
  return run(process.execPath, ['--import', 'tsx', demo, ...process.argv.slice(2)], { cwd: root })
}

try {
  process.exitCode = await runDemo()
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
