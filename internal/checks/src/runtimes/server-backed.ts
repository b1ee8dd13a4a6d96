import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres, startRedis, type RunningService } from '@bext-internal/test-services'
import { installedVersion } from '../workspace.js'
import { compile, install, outcomeOn } from './app.js'
import { marker } from './cookie-outcome.js'
import { runtimesWithSockets, type Runtime } from './runtimes.js'
import type { ServerOutcome } from './server-outcome.js'

/** Profiles that a store must earn on each runtime. All cases of other profiles must pass, too. */
const required = [
  'server/core',
  'instances',
  'networked',
  'secrecy',
  'by-user',
  'close',
  'compare',
  'user-records',
  'given-id',
]
const checkLimitMs = 600_000

interface Backed {
  /** Drivers over which the kit runs on every runtime. */
  readonly drivers: readonly string[]
  /** Drivers that are part of one runtime, whose name starts with the key. */
  readonly builtIn: Readonly<Record<string, string>>
  readonly start: () => Promise<RunningService>
}

const stores = {
  redis: { drivers: ['ioredis', 'redis'], builtIn: { Bun: 'bun' }, start: startRedis },
  pg: { drivers: ['postgres', 'pg'], builtIn: { Bun: 'bun' }, start: startPostgres },
} satisfies Readonly<Record<string, Backed>>

export type BackedName = keyof typeof stores

export const backedNames = Object.keys(stores) as readonly BackedName[]

async function writeProgram(folder: string, name: BackedName): Promise<void> {
  await compile(folder, ['server-check', `${name}-check`, `${name}-child`])
  const run = [
    `import { openHarness } from './${name}-check.js'`,
    `import { check } from './server-check.js'`,
    `const outcome = await check(await openHarness(process.env.SERVER_URL, process.env.SERVER_DRIVER))`,
    `console.log(${JSON.stringify(marker)} + JSON.stringify(outcome))`,
  ]
  await writeFile(join(folder, 'run.js'), run.join('\n'))
}

/** Runs the kit over one driver on one runtime. Resolves to whether all passed. */
async function prove(runtime: Runtime, folder: string, url: string, name: string, label: string): Promise<boolean> {
  try {
    const outcome = await outcomeOn(runtime, folder, checkLimitMs, { SERVER_URL: url, SERVER_DRIVER: name })
    const { backend, passed, profiles, failed } = outcome as ServerOutcome
    const missing = required.filter((profile) => !profiles.includes(profile))
    const problems = [...failed, ...missing.map((profile) => `${profile}: not earned`)]
    console.log(`| ${[runtime.name, label, backend, passed, profiles.join(', '), problems.length].join(' | ')} |`)
    for (const line of problems) console.error(`  ${line}`)
    return problems.length === 0
  } catch (error) {
    console.log(`| ${runtime.name} | ${label} | did not run | | | |`)
    console.error(String(error))
    return false
  }
}

/** Runs a server-backed store on every runtime that has sockets, against a real server. Resolves to whether all passed. */
export async function proveBacked(name: BackedName, folder: string): Promise<boolean> {
  const { drivers, builtIn, start }: Backed = stores[name]
  const specifiers = drivers.map((driver) => `${driver}@${installedVersion(driver)}`)
  const names = ['core', name, 'conformance'].map((each) => `@bext/session-${each}`)
  await install(folder, names, [...specifiers, ...runtimesWithSockets.map((each) => each.specifier)])
  await writeProgram(folder, name)
  const server = await start()
  try {
    console.log('| runtime | driver | server | passed | profiles | failed |\n| --- | --- | --- | --- | --- | --- |')
    let passed = true
    for (const runtime of runtimesWithSockets) {
      const labels = new Map(drivers.map((driver) => [driver, `${driver}@${installedVersion(driver)}`]))
      const [runtimeName = ''] = runtime.name.split(' ')
      const own = builtIn[runtimeName]
      if (own !== undefined) labels.set(own, `client of ${runtime.name}`)
      for (const [driver, label] of labels) {
        if (!(await prove(runtime, folder, server.url, driver, label))) passed = false
      }
    }
    return passed
  } finally {
    await server.stop()
  }
}
