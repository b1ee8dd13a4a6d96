import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asSessionId } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import { deflate } from '@bext/session-cookie/compression'
import { compile, install, outcomeOn } from './app.js'
import { marker, type CookieInput, type CookieOutcome } from './cookie-outcome.js'
import { runtimes, type Runtime } from './runtimes.js'
import { writeWorker } from './workerd.js'

const checkLimitMs = 180_000
const names = ['core', 'cookie', 'conformance', 'hono'].map((name) => `@bext/session-${name}`)

const input = {
  secret: 'a secret of the runtimes, of forty characters',
  dataJson: JSON.stringify({ a: 'é🙂'.repeat(90) }),
}
const secrets = [{ id: 'k1', secret: input.secret }]
const compressing = cookieSessions({ secrets, compression: deflate })

async function seal(): Promise<CookieInput> {
  const options = { dataJson: input.dataJson, ttlMs: 86_400_000 }
  return {
    ...input,
    plain: await cookieSessions({ secrets }).create(options),
    deflated: await compressing.create(options),
  }
}

async function writeProgram(folder: string): Promise<void> {
  await compile(folder, ['cookie-check', 'cookie-outcome', 'response-check', 'serve'])
  const report = [
    `import { check } from './cookie-check.js'`,
    `const input = ${JSON.stringify(await seal())}`,
    `export async function report(send) { console.log(${JSON.stringify(marker)} + JSON.stringify(await check(input, send))) }`,
  ]
  await writeFile(join(folder, 'report.js'), report.join('\n'))
  const run = [
    `import { report } from './report.js'`,
    `import { answer } from './response-check.js'`,
    `import { withServer } from './serve.js'`,
    `await withServer(answer, report)`,
  ]
  await writeFile(join(folder, 'run.js'), run.join('\n'))
  await writeWorker(folder)
}

/** Runs the check on a runtime, and opens in this process what that runtime sealed. Resolves to whether all passed. */
async function prove(runtime: Runtime, folder: string): Promise<boolean> {
  try {
    const { passed, failed, sealed } = (await outcomeOn(runtime, folder, checkLimitMs)) as CookieOutcome
    const opened = await compressing.read(asSessionId(sealed)).then(({ dataJson }) => dataJson === input.dataJson)
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

/** Runs the cookie store on every runtime. Resolves to whether all passed. */
export async function proveCookie(folder: string): Promise<boolean> {
  await install(folder, names, ['hono@4.13.19', ...runtimes.map(({ specifier }) => specifier)])
  await writeProgram(folder)
  console.log(
    '| runtime | kit | with revocation | own | Node opens its ids | failed |\n| --- | --- | --- | --- | --- | --- |',
  )
  let passed = true
  for (const runtime of runtimes) if (!(await prove(runtime, folder))) passed = false
  return passed
}
