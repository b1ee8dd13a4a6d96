import type { ServiceUrls } from '@bext-internal/test-services'
import { Redis, type RedisOptions } from 'ioredis'
import { inject } from 'vitest'

/** The keys of one test file on the shared server. */
export interface Namespace {
  readonly prefix: string
  /** A separate client for reading what is stored. */
  readonly raw: Redis
  /** Resolves to the key and type of each stored value of the namespace. */
  entries(): Promise<[key: string, type: string][]>
  /** Removes the keys and closes the client. */
  clear(): Promise<void>
}

export const redisUrl: ServiceUrls['redisUrl'] = inject('redisUrl')

/** Options of `new Redis(url, options)`. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'> & { readonly replyMapping?: 'legacy' | 'resp3' }

export function openNamespace(): Namespace {
  const raw = new Redis(redisUrl)
  const prefix = `test-${crypto.randomUUID()}:`

  async function entries(): Promise<[string, string][]> {
    const keys: string[] = []
    let cursor = '0'
    do {
      const [next, found] = await raw.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000)
      keys.push(...found)
      cursor = next
    } while (cursor !== '0')
    return Promise.all(keys.toSorted().map(async (key): Promise<[string, string]> => [key, await raw.type(key)]))
  }

  return {
    prefix,
    raw,
    entries,
    async clear() {
      const keys = (await entries()).map(([key]) => key)
      if (keys.length > 0) await raw.del(keys)
      raw.disconnect()
    },
  }
}
