import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { plainEnv, runToEnd } from '../process.js'
import { compile, install, outcomeOn } from './app.js'
import { marker } from './cookie-outcome.js'
import { runtimesWithSockets, type Runtime } from './runtimes.js'
import type { ServerOutcome } from './server-outcome.js'

/** Profiles that the store must earn with each driver. All cases of other profiles must pass, too. */
const required = [
  'server/core',
  'instances',
  'secrecy',
  'by-user',
  'sweep',
  'close',
  'compare',
  'user-records',
  'given-id',
]
const limitMs = 600_000
// It is compiled if no binary can be downloaded.
const buildLimitMs = 1_800_000

// Version 13 of better-sqlite3 needs Node 22, and version 12 has no binary in its package.
const forNode20 = 'better-sqlite3-12'
const specifiers = [`${forNode20}@npm:better-sqlite3@12.11.1`, 'better-sqlite3@13.2.0']

function driversOf({ name }: Runtime): readonly string[] {
  if (name.startsWith('Bun')) return ['bun:sqlite']
  if (name.startsWith('Deno')) return ['node:sqlite']
  return name.startsWith('Node 20') ? [forNode20] : ['node:sqlite', 'better-sqlite3']
}

async function prove(runtime: Runtime, folder: string, driver: string): Promise<boolean> {
  try {
    const outcome = (await outcomeOn(runtime, folder, limitMs, { SERVER_DRIVER: driver })) as ServerOutcome
    const { backend, passed, profiles, failed } = outcome
    const missing = required.filter((profile) => !profiles.includes(profile))
    const problems = [...failed, ...missing.map((profile) => `${profile}: not earned`)]
    console.log(`| ${[runtime.name, driver, backend, passed, problems.length].join(' | ')} |`)
    for (const line of problems) console.error(`  ${line}`)
    return problems.length === 0
  } catch (error) {
    console.log(`| ${runtime.name} | ${driver} | did not run | | |`)
    console.error(String(error))
    return false
  }
}

/** Runs the SQLite store on every runtime, with each driver that the runtime has. Resolves to whether all passed. */
export async function proveSqlite(folder: string): Promise<boolean> {
  const names = ['core', 'sqlite', 'conformance'].map((each) => `@bext/session-${each}`)
  await install(folder, names, [...specifiers, ...runtimesWithSockets.map((each) => each.specifier)])
  const rebuild = { command: 'npm', args: ['rebuild', forNode20], cwd: folder, env: plainEnv({}) }
  const { code, output } = await runToEnd(rebuild, buildLimitMs)
  if (code !== 0) console.error(`better-sqlite3 12 could not be built:\n${output}`)
  await compile(folder, ['server-check', 'sqlite-check', 'sqlite-child'])
  const run = [
    `import { openHarness } from './sqlite-check.js'`,
    `import { check } from './server-check.js'`,
    `const outcome = await check(await openHarness(process.env.SERVER_DRIVER))`,
    `console.log(${JSON.stringify(marker)} + JSON.stringify(outcome))`,
  ]
  await writeFile(join(folder, 'run.js'), run.join('\n'))
  console.log('| runtime | driver | SQLite | passed | failed |\n| --- | --- | --- | --- | --- |')
  let passed = true
  for (const runtime of runtimesWithSockets) {
    for (const driver of driversOf(runtime)) if (!(await prove(runtime, folder, driver))) passed = false
  }
  return passed
}
