import type { StoreHarness } from '@bext/session-conformance'
import { redisSessions, type RedisClient } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterAll, inject } from 'vitest'

/** A client that connects to the URL, by a driver's defaults. */
export type OpenClient = (
  url: string,
) => RedisClient & { disconnect(): void; on(event: 'error', listener: () => void): unknown }

/** The harness of the store over clients of a driver. What it wrote is removed after the tests of the file. */
export function harnessOf(name: string, openClient: OpenClient): StoreHarness {
  const url = new URL(inject('redisUrl'))
  const admin = new Redis(url.href)
  const namespaces = new Set<string>()
  const child = new URL('../child-harness.ts', import.meta.url)
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

  afterAll(async () => {
    for (const namespace of namespaces) {
      const keys = await keysOf(namespace)
      if (keys.length > 0) await admin.del(...keys)
    }
    admin.disconnect()
  })

  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'close', 'compare'],
    declares: { maxDataBytes: 1_048_576 },
    endpoint: { host: url.hostname, port: Number(url.port || 6379) },
    module: { url: child.href, execArgv: ['--import', 'tsx'] },
    open({ namespace, endpoint, timeoutMs }) {
      namespaces.add(namespace)
      const through = new URL(url)
      if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
      // The driver's defaults, offline queue and resending included: the store must be right in spite of them.
      const client = openClient(through.href)
      client.on('error', () => {})
      return {
        store: redisSessions({ client, prefix: `${namespace}:`, timeoutMs }),
        close: async () => client.disconnect(),
      }
    },
    async inspect(namespace) {
      return Promise.all((await keysOf(namespace)).map(show))
    },
  }
}
