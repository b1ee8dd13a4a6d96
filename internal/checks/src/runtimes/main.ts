// pnpm runtimes: runs a package, or the code of the README, on every runtime that it supports, from the packed packages. Slow, and needs a network.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPackages } from '../build.js'
import { proveCookie } from './cookie.js'
import { proveDevice } from './device.js'
import { proveReadme } from './readme.js'
import { backedNames, proveBacked } from './server-backed.js'
import { proveSqlite } from './sqlite.js'

const alone = { cookie: proveCookie, device: proveDevice, readme: proveReadme, sqlite: proveSqlite } as const
const store = process.argv[2]
const prove = Object.entries(alone).find(([name]) => name === store)?.[1]
const backed = backedNames.find((name) => name === store)
if (!prove && !backed) {
  console.error(`Usage: pnpm runtimes ${[...Object.keys(alone), ...backedNames].join('|')}`)
  process.exit(2)
}
const folder = await mkdtemp(join(tmpdir(), 'bext-runtimes-'))
try {
  const problem = await buildPackages()
  if (problem) throw new Error(problem)
  const passed = backed ? await proveBacked(backed, folder) : await prove?.(folder)
  if (passed !== true) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
