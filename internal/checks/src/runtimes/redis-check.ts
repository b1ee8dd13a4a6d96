// Runs on each runtime, from the packed packages.
import { redisSessions, type RedisAdapter, type RedisClient } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { moduleOf, through, type ServerHarness } from './server-check.js'

/** The part of Bun's own client that is used here. Only Bun has its module. */
interface BunModule {
  readonly RedisClient: new (
    url: string,
    options: { readonly enableOfflineQueue: boolean },
  ) => {
    readonly connected: boolean
    connect(): Promise<void>
    send(name: string, args: readonly string[]): Promise<unknown>
    close(): void
  }
}

const bunModule: string = 'bun'
const serverError = 'ERR_REDIS_SERVER_ERROR'

interface Opened {
  readonly client: RedisClient
  readonly close: () => void
}

/** Functions that open a client with the defaults of a driver. */
const openers: Readonly<Record<string, (url: string) => Opened | Promise<Opened>>> = {
  ioredis(url) {
    const client = new Redis(url)
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  },
  redis(url) {
    const client = createClient({ url })
    client.on('error', () => undefined)
    // A client that is destroyed while it connects stays connected: see findings/.
    let isClosed = false
    client.connect().then(
      () => isClosed && client.destroy(),
      () => undefined,
    )
    function close(): void {
      isClosed = true
      client.destroy()
    }
    return { client, close }
  },
  async bun(url) {
    const { RedisClient: BunClient } = (await import(bunModule)) as BunModule
    const driver = new BunClient(url, { enableOfflineQueue: false })
    driver.connect().catch(() => undefined)
    let isClosed = false
    const client: RedisAdapter = {
      send: ([name = '', ...args]) => driver.send(name, args),
      fateOf: (error) => ((error as { readonly code?: unknown }).code === serverError ? 'answered' : 'unknown'),
      state: () => (driver.connected ? 'ready' : isClosed ? 'ended' : 'connecting'),
    }
    function close(): void {
      isClosed = true
      driver.close()
    }
    return { client, close }
  },
}

/** Opens the Redis store over a driver. */
export async function openHarness(url: string, driver: string): Promise<ServerHarness> {
  const open = openers[driver]
  if (open === undefined) throw new Error(`The driver must be one of ${Object.keys(openers).join(', ')}.`)
  const { hostname, port } = new URL(url)
  const admin = new Redis(url)
  const version = /redis_version:(\S+)/.exec(await admin.info('server'))?.[1] ?? ''
  const namespaces = new Set<string>()

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

  return {
    harness: {
      name: 'redis',
      family: 'server',
      capabilities: ['user-index', 'close', 'compare', 'user-records', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { Redis: version },
      endpoint: { host: hostname, port: Number(port || 6379) },
      module: moduleOf('./redis-child.js'),
      async open({ namespace, endpoint, timeoutMs }) {
        namespaces.add(namespace)
        const { client, close } = await open(through(url, endpoint))
        const store = redisSessions({ client, prefix: `${namespace}:`, timeoutMs })
        return { store, close: async () => close() }
      },
      inspect: async (namespace) => Promise.all((await keysOf(namespace)).map(show)),
    },
    async end() {
      for (const namespace of namespaces) {
        const keys = await keysOf(namespace)
        if (keys.length > 0) await admin.del(...keys)
      }
      admin.disconnect()
    },
  }
}
