import type { RedisAdapter } from './adapter.js'
import { adaptIoredis, isIoredisClient, type IoredisClient } from './ioredis.js'
import { adaptNodeRedis, isAnyNodeRedis, isNodeRedisClient, type NodeRedisClient } from './node-redis.js'

/**
 * A client that the store accepts: `Redis` or `Cluster` of ioredis or iovalkey, or a client, pool, cluster or sentinel
 * of node-redis 5 or 6.
 */
export type RedisClient = IoredisClient | NodeRedisClient

// One adapter for each client, because the stores over a client share what is known about its connection.
const adapters = new WeakMap<object, RedisAdapter>()

function createAdapter(client: object): RedisAdapter | undefined {
  if (isIoredisClient(client)) return adaptIoredis(client)
  if (isNodeRedisClient(client)) return adaptNodeRedis(client)
  return undefined
}

/** Returns the adapter of a client; `undefined` if the value is not a client that the store accepts. */
export function adapterOf(value: unknown): RedisAdapter | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const adapter = adapters.get(value) ?? createAdapter(value)
  if (adapter !== undefined) adapters.set(value, adapter)
  return adapter
}

/** The clients that the store accepts, for error messages. */
export const acceptedClients = 'an ioredis Redis or Cluster, or a client of node-redis 5 or 6'

/** Returns a remark on a client that is not accepted, or an empty string. */
export function remarkOn(value: unknown): string {
  const isOld = typeof value === 'object' && value !== null && isAnyNodeRedis(value)
  return isOld ? ' It seems to be a client of node-redis 4: update the package redis.' : ''
}
