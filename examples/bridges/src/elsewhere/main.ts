import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { findings } from './findings.js'
import { mismatches } from './judge.js'
import { startMemcached } from './memcached.js'
import { renderPage } from './page.js'
import type { Judged } from './run-kit.js'
import { runKit } from './run-kit.js'
import type { Subject } from './subjects.js'
import { subjects } from './subjects.js'
import { memcachedVariable, mysqlVariable, postgresVariable, redisVariable } from './variables.js'

const run = promisify(execFile)
const page = new URL('../../../../docs/session-stores-elsewhere.md', import.meta.url)

/** Resolves to the reason why a library cannot be run here, or to undefined. */
async function problemOf(
  { program, probe, packages, binaries = [] }: Subject,
  scratch: string,
): Promise<string | undefined> {
  try {
    await run('sh', ['-c', probe])
    if (program === undefined) {
      const args = ['install', '--prefix', scratch, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
      await run('npm', [...args, ...packages])
      if (binaries.length > 0) await run('npm', ['rebuild', '--prefix', scratch, ...binaries])
    }
    return undefined
  } catch (error) {
    const words = error instanceof Error ? error.message.trim().split('\n').at(-1) : ''
    return program === undefined ? `${words}` : `needs apt-get install ${packages.join(' ')}`
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !subjects.some((subject) => subject.name === name))
if (unknown.length > 0) {
  console.error(
    `No library has the name ${unknown.join(', ')}. The names are those of subjects.ts, as the page has them.`,
  )
  process.exit(2)
}
const scratch = await mkdtemp(join(tmpdir(), 'elsewhere-'))
await writeFile(join(scratch, 'package.json'), '{}')
const [redis, postgres, memcached] = await Promise.all([startRedis(), startPostgres(), startMemcached()])
process.env[redisVariable] = redis.url
process.env[postgresVariable] = postgres.url
process.env[memcachedVariable] = memcached?.url ?? ''
process.env[mysqlVariable] ??= 'mysql://root@127.0.0.1:3306'
try {
  const judged: Judged[] = []
  const missing: string[] = []
  for (const subject of subjects.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const problem = await problemOf(subject, scratch)
    if (problem === undefined) {
      console.log(`${subject.name} …`)
      judged.push(await runKit(subject, scratch))
    } else {
      missing.push(`${subject.name}: ${problem}`)
    }
  }
  const found = [...mismatches(findings, judged), ...missing.map((each) => `Not run: ${each}`)]
  for (const each of found) console.error(each)
  if (found.length > 0) process.exitCode = 1
  else {
    const former = wanted.length === 0 ? undefined : await readFile(page, 'utf8')
    await writeFile(page, renderPage({ judged, subjects, findings, former }))
  }
} finally {
  memcached?.stop()
  await Promise.all([redis.stop(), postgres.stop(), rm(scratch, { recursive: true })])
}
