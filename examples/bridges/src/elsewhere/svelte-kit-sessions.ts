import type { StoreHarness } from '@bext/session-conformance'
import { defaultMaxDataBytes } from '@bext/session-core/store-helpers'
import { perNamespace } from '../namespaces.js'
import type { Fields, Library } from './library.js'
import { librarySessions } from './library.js'
import { load, versionsOf } from './packages.js'

interface Session {
  readonly id: string
  readonly cookie: { maxAge?: number }
  readonly data: { readonly fields?: Fields }
  readonly store: { touch(id: string, ttlMs: number): Promise<void> }
  setData(data: { readonly fields: Fields }): Promise<void>
  save(): Promise<void>
  destroy(): Promise<void>
}

interface Event {
  readonly cookies: object
  readonly locals: { session?: Session }
}

type Handle = (input: { event: Event; resolve: (event: Event) => Promise<void> }) => Promise<void>

// Its exports have a condition of bundlers for SvelteKit only.
const path = './node_modules/svelte-kit-sessions/dist/index.js'

const cookieName = 'connect.sid'

/** The cookies of one request, with the methods of SvelteKit's. */
class Cookies {
  readonly #values: Map<string, string>

  constructor(id: string | undefined) {
    this.#values = new Map(id === undefined ? [] : [[cookieName, id]])
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  delete(name: string): void {
    this.#values.delete(name)
  }
}

function svelteLibrary(store: object): Library {
  const { sveltekitSessionHandle } = load(path) as {
    sveltekitSessionHandle: (options: object) => Handle
  }

  async function request(
    id: string | undefined,
    ttlMs: number | undefined,
    job: (session: Session) => Promise<void>,
  ): Promise<string> {
    const cookies = new Cookies(id)
    const cookie = ttlMs === undefined ? {} : { maxAge: ttlMs / 1000 }
    const handle = sveltekitSessionHandle({ secret: 'elsewhere'.repeat(5), store, cookie })
    await handle({
      event: { cookies, locals: {} },
      resolve: async ({ locals: { session } }) => {
        if (session) await job(session)
      },
    })
    return cookies.get(cookieName) ?? ''
  }

  async function meet(
    id: string,
    job: (session: Session, fields: Fields) => Promise<void>,
  ): Promise<string | undefined> {
    let hasSession = false
    const next = await request(id, undefined, async (session) => {
      const { fields } = session.data
      hasSession = fields !== undefined
      if (fields) await job(session, fields)
    })
    return hasSession ? next : undefined
  }

  return {
    create: (fields) =>
      request(undefined, fields.expiresAtMs - fields.createdAtMs, async (session) => {
        await session.setData({ fields })
        await session.save()
      }),
    async load(id) {
      let found: Fields | undefined
      await meet(id, async (_session, fields) => {
        found = fields
      })
      return found
    },
    change: (id, edit) =>
      meet(id, async (session, fields) => {
        await session.setData({ fields: edit(fields) })
        await session.save()
      }),
    touch: (id, expiresAtMs) =>
      meet(id, async (session, fields) => {
        const ttlMs = expiresAtMs - Date.now()
        session.cookie.maxAge = ttlMs / 1000
        await session.setData({ fields: { ...fields, expiresAtMs } })
        await session.save()
        await session.store.touch(session.id, ttlMs)
      }),
    async destroy(id) {
      await request(id, undefined, (session) => session.destroy())
    },
  }
}

/** Creates the harness of svelte-kit-sessions with its store in memory. */
export function svelteKitSessions(): StoreHarness {
  const { MemoryStore } = load(path) as { MemoryStore: new () => object }
  const storeOf = perNamespace(() => new MemoryStore())
  return {
    name: 'svelte-kit-sessions',
    family: 'server',
    versions: versionsOf('svelte-kit-sessions'),
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    open: ({ namespace }) => ({ store: librarySessions('svelte-kit-sessions', svelteLibrary(storeOf(namespace))) }),
  }
}
