import type { ClientAdapter } from './adapter.js'
import { adaptIoredis, isIoredisClient, type IoredisClient } from './ioredis.js'
import { adaptNodeRedis, isAnyNodeRedis, isNodeRedisClient, type NodeRedisClient } from './node-redis.js'
import { completeAdapter, isRedisAdapter, type RedisAdapter } from './redis-adapter.js'

/**
 * A client that the store accepts: `Redis` or `Cluster` of ioredis or iovalkey, a client, pool, cluster or sentinel of
 * node-redis 5 or 6, or an adapter of another client.
 */
export type RedisClient = IoredisClient | NodeRedisClient | RedisAdapter

// One adapter for each client, because the stores over a client share what is known about its connection.
const adapters = new WeakMap<object, ClientAdapter>()

function createAdapter(client: object): ClientAdapter | undefined {
  if (isIoredisClient(client)) return adaptIoredis(client)
  if (isNodeRedisClient(client)) return adaptNodeRedis(client)
  return isRedisAdapter(client) ? completeAdapter(client) : undefined
}

/** Returns the adapter of a client; `undefined` if the value is not a client that the store accepts. */
export function adapterOf(value: unknown): ClientAdapter | undefined {
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
