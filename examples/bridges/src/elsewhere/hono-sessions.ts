import type { StoreHarness } from '@bext/session-conformance'
import type { SessionId, SessionPlugin } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkTtlMs,
  defaultMaxDataBytes,
  notFound,
  toBackendError,
} from '@bext/session-core/store-helpers'
import type { Fields } from './library.js'
import { isCookieValue } from './library.js'
import { load, versionsOf } from './packages.js'

/** A session as a handler has it. */
interface Session {
  get(key: 'fields'): Fields | null
  set(key: 'fields', fields: Fields): void
  deleteSession(): void
}

interface Context {
  get(key: 'session'): Session
  text(text: string): Response
}

interface App {
  use(middleware: unknown): void
  get(path: string, handler: (c: Context) => Response): void
  request(path: string, init: RequestInit): Promise<Response>
}

// The expiry is a setting of the middleware. Here, it is the last ttl of the session that a request names.
const ttls = new Map<string, number>()

const anyId = '00000000-0000-4000-8000-000000000000'

function fieldsOf(session: Session): Fields {
  const fields = session.get('fields')
  if (fields) return fields
  // Deletes the session that the middleware has made for an unknown id.
  session.deleteSession()
  throw notFound()
}

/** Sessions in a store of hono-sessions, by requests to an app with its middleware. */
function honoPlugin(store: object): SessionPlugin {
  const { Hono } = load('hono') as { Hono: new () => App }
  const { sessionMiddleware } = load('hono-sessions') as { sessionMiddleware: (options: object) => unknown }

  /** Sends a request whose handler is `handle`. Resolves to the id in the cookie of the response. */
  async function request(
    id: string | undefined,
    ttlMs: number,
    handle: (session: Session) => void,
  ): Promise<SessionId> {
    const app = new Hono()
    let failure: Error | undefined
    app.use(sessionMiddleware({ store, expireAfterSeconds: ttlMs / 1000, autoExtendExpiration: false }))
    app.get('/', (c) => {
      try {
        handle(c.get('session'))
      } catch (error) {
        failure = error as Error
      }
      return c.text('')
    })
    const response = await app.request('/', id === undefined ? {} : { headers: { cookie: `session=${id}` } })
    if (failure !== undefined) throw failure
    if (response.status !== 200) throw toBackendError(new Error(`The app answered ${response.status}.`))
    return (/session=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '') as SessionId
  }

  async function loadFields(id: string): Promise<Fields> {
    let found: Fields | undefined
    await request(isCookieValue(id) ? id : anyId, ttls.get(id) ?? 1, (session) => {
      found = fieldsOf(session)
    })
    if (found === undefined) throw notFound()
    return found
  }

  return {
    name: 'hono-sessions',
    async create(options) {
      const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes: defaultMaxDataBytes })
      const createdAtMs = Date.now()
      const fields = { user: userId ?? null, data: dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs }
      const id = await request(undefined, ttlMs, (session) => session.set('fields', fields))
      ttls.set(id, ttlMs)
      return id
    },
    async read(id) {
      const { user, data, createdAtMs, expiresAtMs } = await loadFields(id)
      return { id, userId: user ?? undefined, dataJson: data, createdAtMs, expiresAtMs }
    },
    async update(id, dataJson) {
      const data = checkDataJson(dataJson, defaultMaxDataBytes)
      const left = Math.max(1, (await loadFields(id)).expiresAtMs - Date.now())
      await request(id, left, (session) => session.set('fields', { ...fieldsOf(session), data }))
      return id
    },
    async touch(id, ttlMs) {
      const checked = checkTtlMs(ttlMs)
      if (!isCookieValue(id)) throw notFound()
      ttls.set(id, checked)
      await request(id, checked, (session) => {
        session.set('fields', { ...fieldsOf(session), expiresAtMs: Date.now() + checked })
      })
      return id
    },
    async delete(id) {
      if (isCookieValue(id)) await request(id, 1, (session) => session.deleteSession())
    },
    isHealthy: async () => true,
  }
}

/** hono-sessions with its store in memory. */
export function honoSessions(): StoreHarness {
  const { MemoryStore } = load('hono-sessions') as { MemoryStore: new () => { readonly data: Map<string, unknown> } }
  const stores = new Map<string, InstanceType<typeof MemoryStore>>()

  function storeOf(namespace: string): InstanceType<typeof MemoryStore> {
    const store = stores.get(namespace) ?? new MemoryStore()
    stores.set(namespace, store)
    return store
  }

  return {
    name: 'hono-sessions',
    family: 'server',
    versions: versionsOf('hono-sessions', 'hono'),
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    open: ({ namespace }) => ({ store: honoPlugin(storeOf(namespace)) }),
    inspect: async (namespace) =>
      Array.from(storeOf(namespace).data, ([id, session]) => `${id} ${JSON.stringify(session)}`),
  }
}
