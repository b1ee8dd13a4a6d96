import type { ServiceUrls } from '@bext-internal/test-services'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { runWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { expect, inject, it, onTestFinished } from 'vitest'
import { ended, startDemo } from './start-demo.js'
import { browse } from './support.js'

const urls: ServiceUrls = { redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') }
const env = {
  BEXT_REDIS_URL: urls.redisUrl,
  BEXT_POSTGRES_URL: urls.postgresUrl,
  // Some releases of Node warn that node:sqlite is experimental.
  NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
}
const hasSqlite = isBuiltin('node:sqlite')
const demoFolder = fileURLToPath(new URL('..', import.meta.url))

/** Resolves to the data of demos in the servers, which other applications may use, too. */
async function leftovers(): Promise<readonly string[]> {
  const redis = new Redis(urls.redisUrl)
  const sql = postgres(urls.postgresUrl)
  try {
    const tables = await sql`select tablename from pg_tables where tablename like 'bext\\_demo\\_%'`
    return [...(await redis.keys('bext-demo-*')), ...tables.map((row) => String(row['tablename']))]
  } finally {
    redis.disconnect()
    await sql.end()
  }
}

it('walks through a visit on each store, and leaves nothing behind', async () => {
  const before = await leftovers()
  const { code, stdout, stderr } = await ended(startDemo(['--once'], env))
  expect(stderr).toBe('')
  const stores = ['memory', 'cookie', ...(hasSqlite ? ['sqlite'] : []), 'redis', 'pg']
  for (const store of stores) expect(stdout).toContain(`\n${store}: `)
  expect(stdout).toContain(`Every check passed on ${stores.join(', ')}.`)
  expect(code).toBe(0)
  const added = async (): Promise<readonly string[]> => (await leftovers()).filter((name) => !before.includes(name))
  await expect.poll(added, { timeout: 20_000 }).toEqual([])
})

it.each(['memory', 'pglite'])('walks through a visit on one store: %s', async (store) => {
  const { code, stdout } = await ended(startDemo(['--once', '--store', store]))
  expect(stdout).toContain(`Every check passed on ${store}.`)
  expect(code).toBe(0)
})

// The first run may fetch a Node.
it('walks through a visit on SQLite, and removes its file', { timeout: 300_000 }, async () => {
  const stdout = await runWithSqlite(demoFolder, 'src/main.ts', '--once', '--store', 'sqlite')
  expect(stdout).toContain('Every check passed on sqlite.')
  const folder = /^sqlite: in .*(bext-demo-\w+)/m.exec(stdout)?.[1]
  expect(folder).toBeDefined()
  expect(await readdir(tmpdir())).not.toContain(folder)
})

it.skipIf(hasSqlite)('says which Node SQLite needs', async () => {
  const { code, stdout, stderr } = await ended(startDemo(['--store', 'sqlite']))
  expect(stderr).toContain(`--store sqlite needs Node 22.13 or newer, but this is Node ${process.versions.node}.`)
  expect(stderr).not.toMatch(/\n +at /)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

it('prints its URL, serves there, and ends in good order when it is interrupted', async () => {
  const child = startDemo(['--port', '0'])
  const end = ended(child)
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await once(lines, 'line')) as [string]
  const url = /http:\/\/localhost:\d+/.exec(line)?.[0] ?? ''
  expect(line).toContain('cookie')
  expect((await (await browse(url)).get('/')).status).toBe(200)
  // Both signals arrive together, as when a runner forwards one that the terminal has sent.
  for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) child.kill(signal)
  expect((await end).code).toBe(0)
})

it('says what to do when the port is in use', async () => {
  const server = createServer().listen(0, 'localhost')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { code, stderr } = await ended(startDemo(['--port', String(port)]))
  expect(stderr).toContain(`Port ${port} is in use`)
  expect(stderr).toContain('--port')
  expect(code).toBe(1)
})

it.each([
  ['redis', 'BEXT_REDIS_URL', 'redis://127.0.0.1:1'],
  ['pg', 'BEXT_POSTGRES_URL', 'postgres://127.0.0.1:1/none'],
])('says which server is missing, where, and what to do: %s', async (store, variable, url) => {
  const { code, stdout, stderr } = await ended(startDemo(['--store', store], { [variable]: url }))
  expect(stderr).toContain(variable)
  expect(stderr).toContain('127.0.0.1:1')
  expect(stderr).toContain('unset')
  expect(stderr.includes('--store pglite')).toBe(store === 'pg')
  expect(stderr).not.toMatch(/\n +at /)
  expect(stdout).toBe('')
  expect(code).toBe(1)
})
