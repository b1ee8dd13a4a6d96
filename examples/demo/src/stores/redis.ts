import { randomUUID } from 'node:crypto'
import { startRedis } from '@bext-internal/test-services'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { startOrReport } from './service.js'
import type { DemoStore, StoredRows } from './store.js'

async function keysUnder(client: Redis, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const batch of client.scanStream({ match: `${prefix}*` })) keys.push(...(batch as string[]))
  return keys.toSorted()
}

async function valueOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key)
  switch (type) {
    case 'string':
      return (await client.get(key)) ?? ''
    case 'zset':
      return (await client.zrange(key, 0, '-1')).join(' ')
    case 'set':
      return (await client.smembers(key)).toSorted().join(' ')
    case 'hash':
      return JSON.stringify(await client.hgetall(key))
    default:
      return type
  }
}

async function look(client: Redis, prefix: string): Promise<StoredRows> {
  const keys = await keysUnder(client, prefix)
  const rows = keys.map(async (key) => [key.slice(prefix.length), await valueOf(client, key)])
  return { columns: ['key', 'value'], rows: await Promise.all(rows) }
}

export async function openRedisStore(): Promise<DemoStore> {
  const service = await startOrReport(startRedis)
  // Other applications may use the same server.
  const prefix = `bext-demo-${randomUUID()}:`
  const client = new Redis(service.url, { maxRetriesPerRequest: 1 })
  // Each failed call rejects, and its caller handles the failure.
  client.on('error', () => {})
  return {
    plugin: redisSessions({ client, prefix }),
    place: `at ${new URL(service.url).host}`,
    keeps: 'A value under the SHA-256 of the id, never the id itself, and for each user the hashes of their sessions.',
    isServerBacked: true,
    shows: 'all keys of the demo, without their prefix',
    look: () => look(client, prefix),
    async close() {
      try {
        const keys = await keysUnder(client, prefix)
        if (keys.length > 0) await client.del(keys)
      } finally {
        client.disconnect()
        await service.stop()
      }
    },
  }
}
