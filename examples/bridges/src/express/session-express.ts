import { expressHarness } from '@bext/session-conformance/express'
import { expressStore } from '@bext/session-express'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { StoreUnderTest } from './store-under-test.js'

/** Opens our store for express-session, over the Redis store. */
export async function openSessionExpress(redisUrl: string): Promise<StoreUnderTest> {
  const url = new URL(redisUrl)
  const admin = new Redis(url.href)
  const namespaces = new Set<string>()

  async function keysOf(namespace: string): Promise<readonly string[]> {
    const keys: string[] = []
    const stream = admin.scanStream({ match: `${namespace}:*`, count: 1000 })
    for await (const batch of stream) keys.push(...(batch as string[]))
    return keys
  }

  async function show(key: string): Promise<string> {
    const isIndex = (await admin.type(key)) === 'zset'
    return `${key} ${String(isIndex ? await admin.zrange(key, '0', '-1', 'WITHSCORES') : await admin.get(key))}`
  }

  return {
    packages: [],
    harness: expressHarness({
      name: 'session-express',
      endpoint: { host: url.hostname, port: Number(url.port || 6379) },
      open({ namespace, endpoint, timeoutMs }) {
        namespaces.add(namespace)
        const through = new URL(url)
        if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
        const client = new Redis(through.href)
        client.on('error', () => {})
        const sessions = redisSessions({ client, prefix: `${namespace}:`, timeoutMs })
        return { store: expressStore(sessions), close: async () => client.disconnect() }
      },
      inspect: async (namespace) => Promise.all((await keysOf(namespace)).map(show)),
    }),
    async close() {
      for (const namespace of namespaces) {
        const keys = await keysOf(namespace)
        if (keys.length > 0) await admin.del([...keys])
      }
      admin.disconnect()
    },
  }
}
