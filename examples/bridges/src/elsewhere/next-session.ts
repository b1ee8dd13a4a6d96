import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StoreHarness } from '@bext/session-conformance'
import { defaultMaxDataBytes } from '@bext/session-core/store-helpers'
import type { Fields, Library } from './library.js'
import { librarySessions } from './library.js'
import { load, versionsOf } from './packages.js'
import { inspectRedis, redisEndpoint } from './redis.js'
import type { Visits } from './visits.js'
import { openVisits } from './visits.js'

interface Session {
  readonly cookie: { maxAge?: number; expires?: Date }
  fields?: Omit<Fields, 'expiresAtMs'>
  touch(): void
  destroy(): Promise<void>
}

type GetSession = (request: IncomingMessage, response: ServerResponse) => Promise<Session>
type Job = (session: Session) => void | Promise<void>

interface Client {
  connect(): Promise<unknown>
  on(event: 'error', listener: () => void): void
  destroy(): void
}

function openApp(store: object): Promise<Visits<Job>> {
  const { default: createGetSession } = load('next-session') as { default: (options: object) => GetSession }
  const getSession = createGetSession({ store })
  async function answer(request: IncomingMessage, response: ServerResponse, job: Job): Promise<void> {
    try {
      await job(await getSession(request, response))
    } catch {
      response.statusCode = 500
    }
    response.end()
  }
  return openVisits(answer)
}

function renew(session: Session, expiresAtMs: number): void {
  session.cookie.maxAge = Math.max(1, expiresAtMs - Date.now()) / 1000
  session.touch()
  // touch() adds the lifetime to the time at which the request began.
  session.cookie.expires = new Date(expiresAtMs)
}

function fieldsOf({ fields, cookie }: Session): Fields | undefined {
  return fields && { ...fields, expiresAtMs: cookie.expires?.getTime() ?? 0 }
}

function nextLibrary(app: Visits<Job>): Library {
  async function meet(id: string, job: (session: Session, fields: Fields) => void): Promise<string | undefined> {
    let hasSession = false
    await app.visit({ sid: id }, (session) => {
      const fields = fieldsOf(session)
      hasSession = fields !== undefined
      if (fields) job(session, fields)
    })
    return hasSession ? id : undefined
  }

  async function loadFields(id: string): Promise<Fields | undefined> {
    let found: Fields | undefined
    await meet(id, (_session, fields) => {
      found = fields
    })
    return found
  }

  return {
    async create({ expiresAtMs, ...fields }) {
      const cookies = await app.visit({}, (session) => {
        session.fields = fields
        renew(session, expiresAtMs)
      })
      return cookies.get('sid') ?? ''
    },
    load: loadFields,
    change: (id, edit) =>
      meet(id, (session, fields) => {
        const { user, data, createdAtMs } = edit(fields)
        session.fields = { user, data, createdAtMs }
      }),
    touch: (id, expiresAtMs) => meet(id, (session) => renew(session, expiresAtMs)),
    async destroy(id) {
      await app.visit({ sid: id }, (session) => session.destroy())
    },
    isHealthy: () => loadFields('health'),
  }
}

/** Creates the harness of next-session with connect-redis. */
export function nextSession(): StoreHarness {
  const { promisifyStore } = load('next-session/lib/compat') as { promisifyStore: (store: object) => object }
  const { RedisStore } = load('connect-redis') as { RedisStore: new (options: object) => object }
  const { createClient } = load('redis') as { createClient: (options: object) => Client }
  return {
    name: 'next-session',
    family: 'server',
    versions: versionsOf('next-session', 'connect-redis', 'redis'),
    endpoint: redisEndpoint(),
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    async open({ namespace, endpoint }) {
      const client = createClient({ socket: { ...(endpoint ?? redisEndpoint()) } })
      client.on('error', () => {})
      client.connect().catch(() => {})
      const visits = await openApp(promisifyStore(new RedisStore({ client, prefix: `${namespace}:` })))
      return {
        store: librarySessions('next-session', nextLibrary(visits)),
        async close() {
          client.destroy()
          await visits.close()
        },
      }
    },
    inspect: inspectRedis,
  }
}
