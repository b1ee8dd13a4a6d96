import type { StoreHarness } from '@bext/session-conformance'
import { defaultMaxDataBytes } from '@bext/session-core/store-helpers'
import { perNamespace } from '../namespaces.js'
import type { Fields, Library } from './library.js'
import { librarySessions } from './library.js'
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

function honoLibrary(store: object): Library {
  const { Hono } = load('hono') as { Hono: new () => App }
  const { sessionMiddleware } = load('hono-sessions') as { sessionMiddleware: (options: object) => unknown }

  /** Sends a request whose handler runs `job`. Resolves to the id in the cookie of the response. */
  async function request(id: string | undefined, ttlMs: number, job: (session: Session) => void): Promise<string> {
    const app = new Hono()
    // With 0, a session would keep its expiry.
    const expireAfterSeconds = Math.max(1, ttlMs) / 1000
    app.use(sessionMiddleware({ store, expireAfterSeconds, autoExtendExpiration: false }))
    app.get('/', (c) => {
      job(c.get('session'))
      return c.text('')
    })
    const response = await app.request('/', id === undefined ? {} : { headers: { cookie: `session=${id}` } })
    if (response.status !== 200) throw new Error(`The app answered ${response.status}.`)
    return /session=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? ''
  }

  async function meet(
    id: string,
    ttlMs: number,
    job: (session: Session, fields: Fields) => void,
  ): Promise<string | undefined> {
    let hasSession = false
    const next = await request(id, ttlMs, (session) => {
      const fields = session.get('fields')
      hasSession = fields !== null
      if (fields) job(session, fields)
      // Deletes the session that the middleware has made for an unknown id.
      else session.deleteSession()
    })
    return hasSession ? next : undefined
  }

  async function loadFields(id: string): Promise<Fields | undefined> {
    let found: Fields | undefined
    await meet(id, ttls.get(id) ?? 1, (_session, fields) => {
      found = fields
    })
    return found
  }

  return {
    async create(fields) {
      const ttlMs = fields.expiresAtMs - fields.createdAtMs
      const id = await request(undefined, ttlMs, (session) => session.set('fields', fields))
      ttls.set(id, ttlMs)
      return id
    },
    load: loadFields,
    async change(id, edit) {
      const known = await loadFields(id)
      if (!known) return undefined
      return meet(id, known.expiresAtMs - Date.now(), (session, fields) => session.set('fields', edit(fields)))
    },
    touch(id, expiresAtMs) {
      const ttlMs = expiresAtMs - Date.now()
      ttls.set(id, ttlMs)
      return meet(id, ttlMs, (session, fields) => session.set('fields', { ...fields, expiresAtMs }))
    },
    async destroy(id) {
      await request(id, 1, (session) => session.deleteSession())
    },
  }
}

/** Creates the harness of hono-sessions with its store in memory. */
export function honoSessions(): StoreHarness {
  const { MemoryStore } = load('hono-sessions') as { MemoryStore: new () => { readonly data: Map<string, unknown> } }
  const storeOf = perNamespace(() => new MemoryStore())
  return {
    name: 'hono-sessions',
    family: 'server',
    versions: versionsOf('hono-sessions', 'hono'),
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    open: ({ namespace }) => ({ store: librarySessions('hono-sessions', honoLibrary(storeOf(namespace))) }),
    inspect: async (namespace) =>
      Array.from(storeOf(namespace).data, ([id, session]) => `${id} ${JSON.stringify(session)}`),
  }
}
