import { expressHarness } from '@bext/session-conformance/express'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { StoreUnderTest } from './store-under-test.js'

/** Opens connect-redis over node-redis, both made as the README of connect-redis says. */
export async function openConnectRedis(redisUrl: string): Promise<StoreUnderTest> {
  const url = new URL(redisUrl)
  const admin = createClient({ url: url.href })
  await admin.connect()
  const namespaces = new Set<string>()

  async function keysOf(namespace: string): Promise<readonly string[]> {
    const keys: string[] = []
    for await (const batch of admin.scanIterator({ MATCH: `${namespace}:*`, COUNT: 1000 })) keys.push(...batch)
    return keys
  }

  return {
    packages: ['connect-redis', 'redis'],
    harness: expressHarness({
      name: 'connect-redis',
      endpoint: { host: url.hostname, port: Number(url.port || 6379) },
      open({ namespace, endpoint }) {
        namespaces.add(namespace)
        const through = new URL(url)
        if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
        const client = createClient({ url: through.href })
        client.on('error', () => {})
        client.connect().catch(() => {})
        return {
          store: new RedisStore({ client, prefix: `${namespace}:` }),
          close: async () => client.destroy(),
        }
      },
      async inspect(namespace) {
        const keys = await keysOf(namespace)
        return Promise.all(keys.map(async (key) => `${key} ${String(await admin.get(key))}`))
      },
    }),
    async close() {
      for (const namespace of namespaces) {
        const keys = await keysOf(namespace)
        if (keys.length > 0) await admin.del([...keys])
      }
      admin.destroy()
    },
  }
}
