import type { Endpoint } from '@bext/session-conformance'
import { Redis } from 'ioredis'
import { redisVariable } from './variables.js'

/** Returns the address of the Redis that the command has started. */
export function redisEndpoint(): Endpoint {
  const { hostname, port } = new URL(process.env[redisVariable] ?? '')
  return { host: hostname, port: Number(port) }
}

/** Resolves to the keys of a namespace, with what they hold. */
export async function inspectRedis(namespace: string): Promise<readonly string[]> {
  const client = new Redis(process.env[redisVariable] ?? '')
  try {
    const keys = await client.keys(`*${namespace}:*`)
    return await Promise.all(keys.map(async (key) => `${key} ${await client.get(key)}`))
  } finally {
    client.disconnect()
  }
}
