import { randomUUID } from 'node:crypto'
import type { SessionId } from '@bext/session-core'
import type { StoreHarness } from '@bext/session-conformance'
import { redisSessions, type RedisClient } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterAll, inject } from 'vitest'

const password = randomUUID()
const userOf = (namespace: string): string => `kit-${namespace}`

/** A client with the driver's defaults, and what closes it. */
export interface OpenedClient {
  readonly client: RedisClient
  readonly close: () => unknown
}

/** Opens a client for the URL, whose errors are ignored. */
export type OpenClient = (url: string) => OpenedClient

/** Opens a client of ioredis, or of a driver like it. */
export function opens(
  Driver: new (url: string) => RedisClient & { disconnect(): void; on(event: 'error', listener: () => void): unknown },
): OpenClient {
  return (url) => {
    const client = new Driver(url)
    client.on('error', () => {})
    return { client, close: () => client.disconnect() }
  }
}

/**
 * Creates a harness for the store over clients of a driver. Each namespace has an ACL user, whose permissions can be
 * revoked. Everything that the harness wrote is removed after the tests of the file.
 */
export function createHarness(
  name: string,
  openClient: OpenClient,
  serverUrl: string = inject('redisUrl'),
): StoreHarness {
  const url = new URL(serverUrl)
  const admin = new Redis(url.href)
  /** The opened namespaces, each with the promise that its user exists. */
  const users = new Map<string, Promise<void>>()
  const child = new URL('./child-harness.ts', import.meta.url)
  child.searchParams.set('url', url.href)

  async function keysOf(namespace: string): Promise<readonly string[]> {
    const keys: string[] = []
    const stream = admin.scanStream({ match: `${namespace}:*`, count: 1000 })
    for await (const batch of stream) keys.push(...(batch as string[]))
    return keys
  }

  async function show(key: string): Promise<string> {
    const type = await admin.type(key)
    const value = type === 'zset' ? await admin.zrange(key, '0', '-1', 'WITHSCORES') : await admin.get(key)
    return `${key} ${String(value)}`
  }

  async function setUser(namespace: string, ...rules: readonly string[]): Promise<void> {
    await admin.acl('SETUSER', userOf(namespace), ...rules)
  }

  /** Returns a condition that changes the permissions of the user. */
  function forbidBy(...rules: readonly string[]) {
    return async (namespace: string): Promise<() => Promise<void>> => {
      await setUser(namespace, ...rules)
      return () => setUser(namespace, '~*', '+@all')
    }
  }

  async function delayExpiry(namespace: string, _id: SessionId, byMs: number): Promise<() => void> {
    for (const key of await keysOf(namespace)) {
      const leftMs = await admin.pttl(key)
      if ((await admin.pexpire(key, leftMs + byMs)) === 0) throw new Error('A key has expired in the meantime.')
    }
    return () => {}
  }

  afterAll(async () => {
    for (const namespace of users.keys()) {
      const keys = await keysOf(namespace)
      for (const key of keys) await admin.del(key)
      await admin.acl('DELUSER', userOf(namespace))
    }
    admin.disconnect()
  })

  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'close', 'compare', 'user-records', 'given-id'],
    declarations: { maxDataBytes: 1_048_576 },
    endpoint: { host: url.hostname, port: Number(url.port || 6379) },
    module: { url: child.href, execArgv: ['--import', 'tsx'] },
    async open({ namespace, endpoint, timeoutMs }) {
      const user = users.get(namespace) ?? setUser(namespace, 'on', `>${password}`, '~*', '&*', '+@all')
      users.set(namespace, user)
      await user
      const through = new URL(url)
      through.username = userOf(namespace)
      through.password = password
      if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
      // These are the driver's defaults, with offline queue and resending. The store must be correct with them.
      const { client, close } = openClient(through.href)
      return {
        store: redisSessions({ client, prefix: `${namespace}:`, timeoutMs }),
        close: async () => void (await close()),
      }
    },
    conditions: {
      forbid: {
        'no rights': forbidBy('-@all'),
        'no right to write': forbidBy('-@write'),
        'no right to the keys': forbidBy('resetkeys'),
      },
      delayExpiry,
    },
    async inspect(namespace) {
      return Promise.all((await keysOf(namespace)).map(show))
    },
  }
}
