// Runs the sealed cookies on every runtime that they are for, from the packed packages. Slow, and needs a network.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { deflate } from '@bext/session-cookie/compression'
import { transform } from 'esbuild'
import { buildPackages } from '../build.js'
import { packPackages } from '../pack.js'
import { plainEnv, runToEnd, type Outcome as Ended } from '../process.js'
import { marker, type Given, type Outcome } from './given.js'
import { runtimes, type Runtime } from './runtimes.js'
import { writeWorker } from './workerd.js'

const installLimitMs = 600_000
const checkLimitMs = 180_000
const names = ['core', 'cookie', 'conformance'].map((name) => `@bext/session-${name}`)

const given = {
  secret: 'a secret of the runtimes, of forty characters',
  dataJson: JSON.stringify({ a: 'é🙂'.repeat(90) }),
}
const secrets = [{ id: 'k1', secret: given.secret }]
const compressing = cookieSessions({ secrets, compression: deflate })

async function seal(): Promise<Given> {
  const options = { dataJson: given.dataJson, ttlMs: 86_400_000 }
  return {
    ...given,
    plain: await cookieSessions({ secrets }).create(options),
    deflated: await compressing.create(options),
  }
}

async function writeProgram(folder: string): Promise<void> {
  for (const name of ['cookie-check', 'given', 'response-check', 'serve']) {
    const source = await readFile(new URL(`./${name}.ts`, import.meta.url), 'utf8')
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' })
    await writeFile(join(folder, `${name}.js`), code)
  }
  const report = [
    `import { check } from './cookie-check.js'`,
    `const given = ${JSON.stringify(await seal())}`,
    `export async function report(send) { console.log(${JSON.stringify(marker)} + JSON.stringify(await check(given, send))) }`,
  ]
  await writeFile(join(folder, 'report.js'), report.join('\n'))
  const run = [
    `import { report } from './report.js'`,
    `import { answer } from './response-check.js'`,
    `import { withServer } from './serve.js'`,
    `await withServer(answer, report)`,
  ]
  await writeFile(join(folder, 'run.js'), run.join('\n'))
}

async function install(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const { packed, remove } = await packPackages()
  try {
    const tarballs = names.map((name) => packed.get(name)?.tarball ?? name)
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-progress', '--legacy-peer-deps']
    const args = ['install', ...flags, ...tarballs, ...runtimes.map(({ specifier }) => specifier)]
    const { code, output } = await runToEnd({ command: 'npm', args, cwd: folder, env: plainEnv({}) }, installLimitMs)
    if (code !== 0) throw new Error(`npm install ended with code ${code}:\n${output}`)
  } finally {
    await remove()
  }
}

function parse({ code, output }: Ended): Outcome {
  const json = output.slice(output.indexOf(marker) + marker.length).split('\n')[0] ?? ''
  if (!output.includes(marker)) throw new Error(`It ended with code ${code}:\n${output}`)
  return JSON.parse(json) as Outcome
}

/** Runs the check, and opens here what it sealed there. Resolves to whether all passed. */
async function prove(runtime: Runtime, folder: string): Promise<boolean> {
  const [command, ...args] = runtime.command(folder)
  try {
    const { passed, failed, sealed } = parse(
      await runToEnd({ command, args, cwd: folder, env: plainEnv({ NO_COLOR: '1' }) }, checkLimitMs),
    )
    const opened = await compressing.read(asSessionId(sealed)).then(({ dataJson }) => dataJson === given.dataJson)
    const row = [runtime.name, passed.kit, passed.revocation, passed.own, opened ? 'yes' : 'no', failed.length]
    console.log(`| ${row.join(' | ')} |`)
    for (const line of failed) console.error(`  ${line}`)
    return failed.length === 0 && opened
  } catch (error) {
    console.log(`| ${runtime.name} | did not run | | | | |`)
    console.error(String(error))
    return false
  }
}

if (process.argv[2] !== 'cookie') {
  console.error('Usage: pnpm runtimes cookie')
  process.exit(2)
}
const folder = await mkdtemp(join(tmpdir(), 'bext-runtimes-'))
try {
  const problem = await buildPackages()
  if (problem) throw new Error(problem)
  await install(folder)
  await writeProgram(folder)
  await writeWorker(folder)
  console.log(
    '| runtime | kit | with revocation | own | Node opens its ids | failed |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const runtime of runtimes) if (!(await prove(runtime, folder))) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
