import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject, onTestFinished } from 'vitest'
import type { ServiceUrls } from './provided-context.js'

/** A client of the Redis of the tests, and the start of the keys of one test. */
export interface RedisNamespace {
  readonly client: Redis
  readonly prefix: string
}

/** Opens a client with a new prefix. When the test ends, removes its keys and closes the client. */
export function openRedisNamespace(): RedisNamespace {
  const url: ServiceUrls['redisUrl'] = inject('redisUrl')
  const client = new Redis(url)
  const prefix = `test-${randomBytes(6).toString('hex')}:`
  onTestFinished(async () => {
    const keys = await client.keys(`${prefix}*`)
    if (keys.length > 0) await client.del(keys)
    client.disconnect()
  })
  return { client, prefix }
}
