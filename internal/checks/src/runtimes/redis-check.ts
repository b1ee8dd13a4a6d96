// Runs on each runtime, from the packed packages.
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { moduleOf, through, type ServerHarness } from './server-check.js'

/** Opens the Redis store over ioredis with the driver's defaults. */
export async function openHarness(url: string): Promise<ServerHarness> {
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
      capabilities: ['user-index', 'close', 'compare', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { Redis: version },
      endpoint: { host: hostname, port: Number(port || 6379) },
      module: moduleOf('./redis-child.js'),
      open({ namespace, endpoint, timeoutMs }) {
        namespaces.add(namespace)
        const client = new Redis(through(url, endpoint))
        client.on('error', () => undefined)
        const store = redisSessions({ client, prefix: `${namespace}:`, timeoutMs })
        return { store, close: async () => client.disconnect() }
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
