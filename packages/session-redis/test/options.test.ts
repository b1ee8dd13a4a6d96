import { Cluster, Redis } from 'ioredis'
import * as redis from 'redis'
import * as redis5 from 'redis-5.9'
import { afterAll, describe, expect, it } from 'vitest'
import { redisRevocations, redisSessions, type RedisClient, type RedisSessionsOptions } from '@bext/session-redis'
import { redisUrl } from './helpers/namespace.js'

const client = new Redis(redisUrl, { lazyConnect: true })
afterAll(() => client.disconnect())

function thrownBy(options: unknown): Error {
  try {
    redisSessions(options as RedisSessionsOptions)
  } catch (error) {
    return error as Error
  }
  throw new Error('redisSessions accepted the options.')
}

const wrong: readonly [what: string, options: unknown, message: string][] = [
  ['no options', undefined, 'redisSessions: expected an object of options, but it is undefined.'],
  ['a client instead of options', client, 'did you mean redisSessions({ client })?'],
  ['a URL instead of options', redisUrl, 'did you mean redisSessions({ url })?'],
  ['neither client nor url', {}, 'expected either option client or option url, but neither was given.'],
  ['client and url', { client, url: redisUrl }, 'expected either option client or option url, but both were given.'],
  ['an unknown option', { client, ttl: 1 }, 'there is no option "ttl"'],
  ['a client that is not of ioredis', { client: { get() {} } }, 'option client must be an ioredis Redis or Cluster'],
  ['a client that is null', { client: null }, 'Redis or Cluster, or a client of node-redis 5 or 6, but it is null.'],
  ['a URL of another scheme', { url: 'http://127.0.0.1' }, 'option url must be a redis:// or rediss:// URL'],
  ['an invalid URL', { url: 'redis://a:b:c:d' }, 'option url must be a redis:// or rediss:// URL'],
  ['a URL that is not a string', { url: 6379 }, 'redis:// or rediss:// URL, but it is a number.'],
  ['an empty prefix', { client, prefix: '' }, 'option prefix must have 1 to 128 bytes, but it has 0.'],
  ['a long prefix', { client, prefix: 'ü'.repeat(65) }, 'option prefix must have 1 to 128 bytes, but it has 130.'],
  ['a prefix with a hash tag', { client, prefix: '{app}:' }, 'option prefix must not contain { or }'],
  ['a prefix with a lone surrogate', { client, prefix: '\uD800' }, 'option prefix must not contain a lone surrogate'],
  ['a prefix that is not a string', { client, prefix: 1 }, 'option prefix must be a string, but it is a number.'],
  ['timeoutMs 0', { client, timeoutMs: 0 }, 'option timeoutMs must be a positive integer'],
  [
    'a timeoutMs beyond the limit of timers',
    { client, timeoutMs: 2 ** 31 },
    'option timeoutMs must be at most 2147483647',
  ],
  ['an onWarning that is not a function', { client, onWarning: true }, 'option onWarning must be a function'],
  ['onWarning and url', { url: redisUrl, onWarning() {} }, 'option onWarning requires option client'],
  ['a fractional maxDataBytes', { client, maxDataBytes: 1.5 }, 'option maxDataBytes must be a positive integer'],
]

describe('redisSessions options', () => {
  it.each(wrong)('E1 throws a TypeError for %s', (_, options, message) => {
    const error = thrownBy(options)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
  })

  it('E3 does not repeat a URL, which may hold a password', () => {
    expect(thrownBy({ url: 'http://user:hunter2@127.0.0.1' }).message).not.toContain('hunter2')
  })

  // With the types of the driver.
  it('accepts every kind of client of node-redis', () => {
    const sentinelRootNodes = [{ host: '127.0.0.1', port: 1 }]
    const clients: RedisClient[] = [
      redis.createClient({ commandOptions: { typeMapping: { 36: Buffer } } }),
      redis.createClientPool({ RESP: 2 }),
      redis.createCluster({ rootNodes: [{}] }),
      redis.createSentinel({ name: 'm', sentinelRootNodes }),
      redis5.createClient({ RESP: 3 }),
      redis5.createClientPool(),
      redis5.createCluster({ rootNodes: [{}], modules: {} }),
      redis5.createSentinel({ name: 'm', sentinelRootNodes }),
    ]
    for (const each of clients) {
      expect(redisSessions({ client: each }).name).toBe('redis')
      expect(redisRevocations({ client: each })).toHaveProperty('isRevoked')
      expect(() => redisSessions(each as never)).toThrow('did you mean redisSessions({ client })?')
    }
  })

  it('accepts Redis and Cluster of ioredis, with both reply mappings', () => {
    const clients: (RedisClient & { disconnect(): void })[] = [
      new Redis(redisUrl, { lazyConnect: true }),
      new Redis(redisUrl, { lazyConnect: true, replyMapping: 'resp3' }),
      new Cluster([new URL(redisUrl).host], { lazyConnect: true }),
    ]
    for (const each of clients) {
      expect(redisSessions({ client: each, prefix: 'a:', timeoutMs: 1, maxDataBytes: 1 }).name).toBe('redis')
      each.disconnect()
    }
  })
})
