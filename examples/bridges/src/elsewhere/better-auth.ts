import type { StoreHarness } from '@bext/session-conformance'
import { defaultMaxDataBytes } from '@bext/session-core/store-helpers'
import type { Fields, Library } from './library.js'
import { librarySessions } from './library.js'
import { load, versionsOf } from './packages.js'
import { inspectRedis, redisEndpoint } from './redis.js'

interface AuthSession {
  readonly token: string
  readonly expiresAt: Date
  readonly data: string
}

/** The functions of better-auth behind its endpoints. */
interface InternalAdapter {
  createUser(user: object): Promise<{ readonly id: string }>
  createSession(userId: string, dontRememberMe: boolean, fields: object, overrideAll: boolean): Promise<AuthSession>
  findSession(token: string): Promise<{ readonly session: AuthSession } | null>
  updateSession(token: string, fields: object): Promise<AuthSession | null>
  deleteSession(token: string): Promise<void>
}

interface Auth {
  readonly $context: Promise<{ readonly internalAdapter: InternalAdapter }>
}

type Stored = Omit<Fields, 'expiresAtMs'>

function toFields({ data, expiresAt }: AuthSession): Fields {
  return { ...(JSON.parse(data) as Stored), expiresAtMs: expiresAt.getTime() }
}

function toStored({ user, data, createdAtMs }: Fields): string {
  return JSON.stringify({ user, data, createdAtMs } satisfies Stored)
}

let users = 0

function authLibrary({ $context }: Auth): Library {
  async function find(token: string): Promise<Fields | undefined> {
    const found = await (await $context).internalAdapter.findSession(token)
    // The endpoint get-session makes the same comparison.
    if (!found || found.session.expiresAt.getTime() < Date.now()) return undefined
    return toFields(found.session)
  }

  return {
    async create(fields) {
      const { internalAdapter } = await $context
      const email = `user${(users += 1)}@example.com`
      const user = await internalAdapter.createUser({ email, name: email, emailVerified: true })
      const values = { data: toStored(fields), expiresAt: new Date(fields.expiresAtMs) }
      return (await internalAdapter.createSession(user.id, false, values, true)).token
    },
    load: find,
    async change(token, edit) {
      const fields = await find(token)
      if (!fields) return undefined
      const updated = await (await $context).internalAdapter.updateSession(token, { data: toStored(edit(fields)) })
      return updated ? token : undefined
    },
    async touch(token, expiresAtMs) {
      const { internalAdapter } = await $context
      const updated = await internalAdapter.updateSession(token, { expiresAt: new Date(expiresAtMs) })
      return updated ? token : undefined
    },
    destroy: async (token) => (await $context).internalAdapter.deleteSession(token),
    isHealthy: () => find('health'),
  }
}

/** Creates the harness of better-auth with its sessions in Redis. */
export function betterAuthRedis(): StoreHarness {
  const { betterAuth } = load('better-auth') as { betterAuth: (options: object) => Auth }
  const { redisStorage } = load('@better-auth/redis-storage') as { redisStorage: (options: object) => object }
  const { Redis } = load('ioredis') as {
    Redis: new (options: object) => { on(event: 'error', listener: () => void): void; disconnect(): void }
  }
  return {
    name: 'better-auth',
    family: 'server',
    versions: versionsOf('better-auth', '@better-auth/redis-storage', 'ioredis'),
    endpoint: redisEndpoint(),
    declarations: { malformedIds: 'NotFound', maxDataBytes: defaultMaxDataBytes },
    open({ namespace, endpoint }) {
      const client = new Redis({ ...(endpoint ?? redisEndpoint()) })
      client.on('error', () => {})
      const auth = betterAuth({
        baseURL: 'http://localhost',
        secret: 'elsewhere'.repeat(5),
        secondaryStorage: redisStorage({ client, keyPrefix: `${namespace}:` }),
        session: { additionalFields: { data: { type: 'string', required: true } } },
        logger: { disabled: true },
      })
      return {
        store: librarySessions('better-auth', authLibrary(auth)),
        close: async () => client.disconnect(),
      }
    },
    inspect: inspectRedis,
  }
}
