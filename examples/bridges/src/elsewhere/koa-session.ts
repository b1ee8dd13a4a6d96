import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenOptions, StoreHarness } from '@bext/session-conformance'
import { defaultMaxDataBytes } from '@bext/session-core/store-helpers'
import type { Fields, Library } from './library.js'
import { librarySessions } from './library.js'
import { load, versionsOf } from './packages.js'
import { inspectRedis, redisEndpoint } from './redis.js'
import type { Visits } from './visits.js'
import { openVisits } from './visits.js'

interface Context {
  readonly req: IncomingMessage
  session: { fields?: Fields; maxAge: number } | null
  body: string
}

interface Koa {
  keys: readonly string[]
  use(middleware: unknown): void
  on(event: 'error', listener: () => void): void
  callback(): (request: IncomingMessage, response: ServerResponse) => unknown
}

type Job = (context: Context) => void

function openApp(options: object): Promise<Visits<Job>> {
  const KoaApp = load('koa') as new () => Koa
  const { createSession } = load('koa-session') as { createSession: (options: object, app: Koa) => unknown }
  const app = new KoaApp()
  const jobs = new WeakMap<IncomingMessage, Job>()
  app.keys = ['elsewhere'.repeat(5)]
  // The response says that it failed. Without a listener, koa also writes the error to the console.
  app.on('error', () => {})
  app.use(createSession(options, app))
  app.use((context: Context) => {
    jobs.get(context.req)?.(context)
    context.body = ''
  })
  const answer = app.callback()
  return openVisits((request, response, job) => {
    jobs.set(request, job)
    return answer(request, response)
  })
}

// A signed cookie has its signature in a second cookie.
function toId(key: string, cookies: ReadonlyMap<string, string>): string {
  return `${cookies.get(key)}~${cookies.get(`${key}.sig`)}`
}

function toCookies(key: string, id: string): Readonly<Record<string, string>> {
  const [value = '', signature = ''] = id.split('~')
  return { [key]: value, [`${key}.sig`]: signature }
}

function save(context: Context, fields: Fields): void {
  if (context.session === null) return
  context.session.fields = fields
  context.session.maxAge = Math.max(1, fields.expiresAtMs - Date.now())
}

function koaLibrary(key: string, app: Visits<Job>, store: Opened['store']): Library {
  return {
    create: async (fields) => toId(key, await app.visit({}, (context) => save(context, fields))),
    async load(id) {
      let fields: Fields | undefined
      await app.visit(toCookies(key, id), ({ session }) => {
        fields = session?.fields
      })
      return fields
    },
    async change(id, edit) {
      let hasSession = false
      const cookies = await app.visit(toCookies(key, id), (context) => {
        const fields = context.session?.fields
        hasSession = fields !== undefined
        if (fields) save(context, edit(fields))
      })
      return hasSession ? toId(key, cookies) : undefined
    },
    async destroy(id) {
      await app.visit(toCookies(key, id), (context) => {
        context.session = null
      })
    },
    isHealthy: async () => store?.get('health'),
  }
}

interface Opened {
  readonly key: string
  readonly store?: { get(key: string): Promise<unknown> }
  close?(): void
}

function koaHarness(
  part: Omit<StoreHarness, 'declarations' | 'open'>,
  options: (given: OpenOptions) => Opened,
): StoreHarness {
  return {
    ...part,
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    async open(given) {
      const opened = options(given)
      const { key, store } = opened
      const visits = await openApp({ key, ...(store && { store }) })
      return {
        store: librarySessions(part.name, koaLibrary(key, visits, store)),
        async close() {
          opened.close?.()
          await visits.close()
        },
      }
    },
  }
}

/** Creates the harness of koa-session with the session in the cookie. */
export function koaSession(): StoreHarness {
  // The signature covers the name of the cookie.
  return koaHarness(
    { name: 'koa-session', family: 'client', versions: versionsOf('koa-session', 'koa') },
    ({ namespace }) => ({ key: namespace }),
  )
}

interface RedisStore {
  get(key: string): Promise<unknown>
  readonly client: { disconnect(): void }
  on(event: 'error', listener: () => void): void
}

/** Creates the harness of koa-session with koa-redis. */
export function koaRedis(): StoreHarness {
  const redisStore = load('koa-redis') as (options: object) => RedisStore
  return koaHarness(
    {
      name: 'koa-session with koa-redis',
      family: 'server',
      versions: versionsOf('koa-session', 'koa', 'koa-redis', 'ioredis'),
      endpoint: redisEndpoint(),
      inspect: inspectRedis,
    },
    ({ namespace, endpoint }) => {
      const store = redisStore({ ...(endpoint ?? redisEndpoint()), keyPrefix: `${namespace}:` })
      store.on('error', () => {})
      return { key: 'koa.sess', store, close: () => store.client.disconnect() }
    },
  )
}
