// pnpm runtimes: runs a store on every runtime that it supports, from the packed packages. Slow, and needs a network.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPackages } from '../build.js'
import { proveCookie } from './cookie.js'
import { backedNames, proveBacked } from './server-backed.js'
import { proveSqlite } from './sqlite.js'

const store = process.argv[2]
const backed = backedNames.find((name) => name === store)
if (store !== 'cookie' && store !== 'sqlite' && !backed) {
  console.error(`Usage: pnpm runtimes ${['cookie', 'sqlite', ...backedNames].join('|')}`)
  process.exit(2)
}
const folder = await mkdtemp(join(tmpdir(), 'bext-runtimes-'))
try {
  const problem = await buildPackages()
  if (problem) throw new Error(problem)
  const proveEmbedded = store === 'sqlite' ? proveSqlite : proveCookie
  const passed = backed ? await proveBacked(backed, folder) : await proveEmbedded(folder)
  if (!passed) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
