// pnpm frameworks [app …]: builds and starts the apps of examples/frameworks/apps, and walks through each over HTTP. Slow,
// and needs a package registry.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@bext-internal/test-services'
import { buildPackages } from '../build.js'
import { packPackages } from '../pack.js'
import type { Row } from '../registry/table.js'
import { printTable } from '../registry/table.js'
import { checkApp } from './app-check.js'
import { walks } from './walk.js'

const known = Object.keys(walks)
const names = process.argv.length > 2 ? process.argv.slice(2) : known
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`Usage: pnpm frameworks [${known.join('|')}]…`)
  process.exit(2)
}

const rows: Row[] = []
const folder = await mkdtemp(join(tmpdir(), 'bext-frameworks-'))
const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
try {
  const problem = await buildPackages()
  if (problem) throw new Error(problem)
  const { packed, remove } = await packPackages()
  ends.push(remove)
  const redis = await startRedis()
  ends.push(() => redis.stop())
  const tarballs = ['@bext/session-core', '@bext/session-redis'].map((name) => packed.get(name)?.tarball ?? name)
  for (const name of names) {
    try {
      await checkApp(name, folder, tarballs, redis.url)
      rows.push({ subject: name, passed: true, remark: 'installed, built, started and walked through' })
    } catch (error) {
      rows.push({ subject: name, passed: false, remark: error instanceof Error ? error.message : String(error) })
    }
  }
} finally {
  for (const end of ends.toReversed()) await end()
}
process.exitCode = printTable(rows) ? 0 : 1
