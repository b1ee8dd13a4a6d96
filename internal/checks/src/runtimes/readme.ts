import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres, startRedis, type ServiceUrls } from '@bext-internal/test-services'
import { codeBlocks } from '../markdown.js'
import { freePort, plainEnv, runToEnd, withServer } from '../process.js'
import { installedVersion, readText } from '../workspace.js'
import { install } from './app.js'
import { runtimesWithSockets, type Runtime } from './runtimes.js'

const limitMs = 60_000
const page = 'README.md'
const readme = readText(page)

const packages = ['core', 'cookie', 'redis', 'pg', 'sqlite', 'express', 'fastify', 'hono']
const clients = ['ioredis', 'redis', 'postgres', 'pg', '@electric-sql/pglite']
const frameworkPackages = ['express', 'fastify', 'hono', '@hono/node-server']

/** A program that a reader makes of the README. */
interface Program {
  readonly subject: string
  readonly code: string
  /** Returns whether the runtime has what the program needs. Default: each has. */
  readonly runsOn?: (runtime: Runtime) => boolean
  /** True for a server, which counts the visits. Any other program prints `works`. */
  readonly isServer: boolean
}

/** Returns the code in the last cell of the row of a table that begins with a text. */
function codeInRow(beginning: string): string[] {
  const row = readme.split('\n').find((line) => line.startsWith(`| ${beginning}`))
  const code = [
    ...(row
      ?.split(' | ')
      .at(-1)
      ?.matchAll(/`([^`]+)`/g) ?? []),
  ].map(([, text = '']) => text)
  if (code.length === 0) throw new Error(`Expected a row with code that begins with ${beginning} in ${page}.`)
  return code
}

/** Returns a program with the code of a store's row: statements, and last the store. */
function storeProgram(driver: string, row: string, before: string): Program {
  const code = codeInRow(row)
  const lines = [
    before,
    ...code.slice(0, -1),
    `const store = ${code.at(-1)}`,
    `const id = await store.create({ dataJson: '{"visits":1}', ttlMs: 60_000 })`,
    `if ((await store.read(id)).dataJson !== '{"visits":1}') throw new Error('other data')`,
    `console.log('works')`,
    'process.exit(0)',
  ]
  return { subject: `store, ${driver}`, code: lines.join('\n'), isServer: false }
}

const ofRedis = `import { redisSessions } from '@bext/session-redis'\n`
const ofPg = `import { migrate, pgSessions } from '@bext/session-pg'\n`
const ofSqlite = `import { migrate, sqliteSessions } from '@bext/session-sqlite'\n`
const isNodeSqlite = ({ name }: Runtime): boolean => !/^(?:Node 20|Bun)/.test(name)

const stores: readonly Program[] = [
  storeProgram(
    'ioredis',
    'ioredis,',
    `${ofRedis}import { Redis } from 'ioredis'\nconst client = new Redis(process.env.REDIS_URL)`,
  ),
  storeProgram(
    'node-redis',
    'ioredis,',
    `${ofRedis}import { createClient } from 'redis'\nconst client = createClient({ url: process.env.REDIS_URL })\nawait client.connect()`,
  ),
  storeProgram(
    'pg',
    'pg or',
    `${ofPg}import pg from 'pg'\nconst client = new pg.Pool({ connectionString: process.env.DATABASE_URL })`,
  ),
  storeProgram(
    'postgres.js',
    'pg or',
    `${ofPg}import postgres from 'postgres'\nconst client = postgres(process.env.DATABASE_URL, { onnotice() {} })`,
  ),
  storeProgram('PGlite', 'pg or', `${ofPg}import { PGlite } from '@electric-sql/pglite'\nconst client = new PGlite()`),
  {
    ...storeProgram(
      'node:sqlite',
      'one machine',
      `${ofSqlite}import { DatabaseSync } from 'node:sqlite'\nconst database = new DatabaseSync(':memory:')`,
    ),
    runsOn: isNodeSqlite,
  },
  {
    ...storeProgram(
      'bun:sqlite',
      'one machine',
      `${ofSqlite}import { Database } from 'bun:sqlite'\nconst database = new Database(':memory:')`,
    ),
    runsOn: ({ name }) => name.startsWith('Bun'),
  },
  storeProgram(
    'sealed cookies',
    'no server',
    `import { cookieSessions } from '@bext/session-cookie'\nconst secrets = [{ id: 'k1', secret: crypto.getRandomValues(new Uint8Array(32)) }]`,
  ),
  storeProgram('memory', 'one process', `import { memorySessions } from '@bext/session-core/memory'`),
]

const manager = `
import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
const sessions = createSessionManager({ store: memorySessions(), initialData: () => ({ visits: 0 }) })
const visit = (session) => \`You were here \${(session.data.visits += 1)} times.\`
const port = Number(process.env.PORT)
`

function frameworkProgram(subject: string, row: string, before: string, after: string): Program {
  const [code = ''] = codeInRow(row)
  return { subject, code: [manager, before, code, after].join('\n'), isServer: true }
}

/** Returns a program that opens a session by an expression of the manager. */
function openProgram(subject: string, row: string, before: string, after: string): Program {
  const [code = ''] = codeInRow(row)
  const lines = [manager, before, `const opened = await ${code}`, after, `console.log('works')`]
  return { subject, code: lines.join('\n'), isServer: false }
}

const frameworks: readonly Program[] = [
  frameworkProgram(
    'Express',
    'Express or',
    `import express from 'express'\nimport { expressSessions } from '@bext/session-express/middleware'\nconst app = express()`,
    `app.get('/', (request, response) => { response.send(visit(request.session)) })\napp.listen(port)`,
  ),
  frameworkProgram(
    'Fastify',
    'Fastify',
    `import { fastify } from 'fastify'\nimport { fastifySessions } from '@bext/session-fastify'\nconst app = fastify()`,
    `app.get('/', async (request) => visit(request.session))\nawait app.listen({ port, host: '127.0.0.1' })`,
  ),
  frameworkProgram(
    'Hono',
    'Hono',
    `import { Hono } from 'hono'\nimport { serve } from '@hono/node-server'\nimport { honoSessions } from '@bext/session-hono'\nconst app = new Hono()`,
    `app.get('/', (c) => c.text(visit(c.var.session)))\nserve({ fetch: app.fetch, port, hostname: '127.0.0.1' })`,
  ),
  {
    subject: 'node:http',
    code: [
      manager,
      `import { createServer } from 'node:http'`,
      `createServer(async (request, response) => {`,
      `const session = await ${codeInRow('`node:http`')[0]}`,
      `const text = visit(session)\nawait session.commit()\nresponse.end(text)`,
      `}).listen(port, '127.0.0.1')`,
    ].join('\n'),
    isServer: true,
  },
  openProgram(
    'cookies by name',
    'Next.js,',
    `const jar = new Map()\nconst cookies = { get: (name) => jar.get(name), set: (name, value) => jar.set(name, { value }) }`,
    `visit(opened)\nawait opened.commit()\nif (jar.size !== 1) throw new Error('no cookie')`,
  ),
  openProgram(
    'Request and Response',
    'handlers of',
    `const request = new Request('https://example.com/')\nconst handler = (session) => new Response(visit(session))`,
    `if (opened.headers.getSetCookie().length !== 1) throw new Error('no cookie')`,
  ),
  openProgram(
    'bearer token',
    'a mobile app',
    `const authorization = undefined`,
    `opened.signIn('ann')\nif (!(await opened.commit()).token) throw new Error('no token')`,
  ),
]

function firstProgram(): Program {
  const block = codeBlocks(page, readme).find(({ language, flags }) => language === 'ts' && flags.includes('server'))
  if (!block) throw new Error(`Expected a server in ${page}, but it has none.`)
  return { subject: 'first program', code: block.code, isServer: true }
}

/** Visits a server twice with the cookie that it sets. Throws if it does not count the visits. */
async function visitTwice(command: Parameters<typeof withServer>[0], url: string): Promise<void> {
  await withServer(command, url, limitMs, async (first) => {
    const cookie = first.headers.getSetCookie().map((one) => one.split(';')[0])
    const second = await fetch(url, { headers: { Cookie: cookie.join('; ') } })
    const text = await second.text()
    if (text !== 'You were here 2 times.') throw new Error(`The second response is ${JSON.stringify(text)}.`)
  })
}

async function runProgram(program: Program, runtime: Runtime, folder: string, servers: ServiceUrls): Promise<void> {
  await writeFile(join(folder, 'run.js'), program.code)
  const port = await freePort()
  const [command, ...args] = runtime.command(folder)
  const urls = { REDIS_URL: servers.redisUrl, DATABASE_URL: servers.postgresUrl }
  const child = { command, args, cwd: folder, env: plainEnv({ NO_COLOR: '1', PORT: String(port), ...urls }) }
  if (program.isServer) return visitTwice(child, `http://127.0.0.1:${port}/`)
  const { code, output } = await runToEnd(child, limitMs)
  if (code !== 0 || !output.includes('works')) throw new Error(`It ended with code ${code}:\n${output}`)
}

/**
 * Follows the README on every runtime that has sockets, with the packed packages: the first program, and the code of each
 * row of its tables. Resolves to whether all works.
 */
export async function proveReadme(folder: string): Promise<boolean> {
  const specifiers = [...clients, ...frameworkPackages].map((one) => `${one}@${installedVersion(one)}`)
  const names = packages.map((name) => `@bext/session-${name}`)
  await install(folder, names, [...specifiers, ...runtimesWithSockets.map(({ specifier }) => specifier)])
  const programs = [firstProgram(), ...stores, ...frameworks]
  const redis = await startRedis()
  const postgres = await startPostgres()
  let passed = true
  try {
    console.log(`| runtime | works | fails |\n| --- | --- | --- |`)
    for (const runtime of runtimesWithSockets) {
      const failed: string[] = []
      const suitable = programs.filter(({ runsOn }) => runsOn?.(runtime) ?? true)
      for (const program of suitable) {
        try {
          await runProgram(program, runtime, folder, { redisUrl: redis.url, postgresUrl: postgres.url })
        } catch (error) {
          failed.push(program.subject)
          console.error(`${runtime.name}, ${program.subject}: ${String(error)}`)
        }
      }
      console.log(`| ${runtime.name} | ${suitable.length - failed.length} | ${failed.join('; ') || 'none'} |`)
      if (failed.length > 0) passed = false
    }
  } finally {
    await Promise.all([redis.stop(), postgres.stop()])
  }
  return passed
}
