// pnpm check:installs: publishes all packages to a local registry, installs each backend and each connector alone into an
// empty project with every package manager, and runs the example of its README there, with `import` and with `require`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServiceUrls, startPostgres, startRedis } from '@bext-internal/test-services'
import { type Backend, backends, connectors, exampleOf, installedWith, sqlite } from '../backends.js'
import { buildPackages } from '../build.js'
import { installInto, type PackageManager } from '../install-check.js'
import { packPackages } from '../pack.js'
import { plainEnv, runToEnd } from '../process.js'
import { installedVersion } from '../workspace.js'
import { startRegistry } from './local-registry.js'
import { managerFor, managerNames } from './managers.js'
import { printTable, type Row } from './table.js'

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Installs a package with its drivers and runs its example. A backend must bring nothing that is not listed for it. */
async function checkInstall(
  one: Backend | (typeof connectors)[number],
  manager: PackageManager,
  servers: ServiceUrls,
): Promise<string> {
  const drivers = one.drivers.map((driver) => `${driver}@${installedVersion(driver)}`)
  const project = await installInto(['@bext/session-core', one.name, ...drivers], manager)
  try {
    const wanted = 'brings' in one ? installedWith(one).join(' ') : undefined
    const arrived = project.installed.join(' ')
    if (wanted !== undefined && arrived !== wanted) {
      throw new Error(`expected the install to add ${wanted}, but it added ${arrived}`)
    }
    await project.run(exampleOf(one), servers, 'esm')
    await project.run(exampleOf(one), servers, 'cjs')
    return `${project.installed.length} packages; README imported and required`
  } finally {
    await project.remove()
  }
}

const hasSqlite = Number.parseInt(process.versions.node, 10) >= 22
const subjects = [...backends, ...(hasSqlite ? [sqlite] : []), ...connectors]
if (!hasSqlite) console.log(`${sqlite.name} is left out, because its driver needs Node 22.`)

const rows: Row[] = []
const folder = await mkdtemp(join(tmpdir(), 'bext-managers-'))
const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
try {
  const buildProblem = await buildPackages()
  if (buildProblem !== '') throw new Error(buildProblem)
  const registry = await startRegistry()
  ends.push(() => registry.stop())
  const redis = await startRedis()
  ends.push(() => redis.stop())
  const postgres = await startPostgres()
  ends.push(() => postgres.stop())
  const { packed, remove } = await packPackages()
  ends.push(remove)
  await writeFile(join(folder, '.npmrc'), registry.npmrc)
  const npmrc = { npm_config_registry: registry.url, npm_config_userconfig: join(folder, '.npmrc') }
  for (const { tarball } of packed.values()) {
    const command = {
      command: 'npm',
      args: ['publish', tarball, '--loglevel=error'],
      cwd: folder,
      env: plainEnv(npmrc),
    }
    const { code, output } = await runToEnd(command, 60_000)
    if (code !== 0) throw new Error(`npm publish ended with code ${code}:\n${output}`)
  }
  for (const name of managerNames) {
    for (const one of subjects) {
      const subject = `${name}: ${one.name} with ${one.drivers.join(', ') || 'no driver'}`
      try {
        const manager = await managerFor(name, registry, folder)
        const servers = { redisUrl: redis.url, postgresUrl: postgres.url }
        rows.push({ subject, passed: true, remark: await checkInstall(one, manager, servers) })
      } catch (error) {
        rows.push({ subject, passed: false, remark: problemOf(error) })
      }
    }
  }
} finally {
  for (const end of ends.toReversed()) await end()
}
process.exitCode = printTable(rows) ? 0 : 1
