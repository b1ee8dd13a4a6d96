import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { redisSessions, type RedisClient } from '@bext/session-redis'
import { openNamespace, redisUrl } from './lib/namespace.js'

const namespace = openNamespace()
const { prefix } = namespace
const redis = new Redis(redisUrl)

afterAll(async () => {
  redis.disconnect()
  await namespace.clear()
})

/** A client whose scripts are all carried out twice, as when a reply was lost and the command was sent again. */
const resending = new Proxy<RedisClient>(redis, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name)
    if (typeof value !== 'function') return value
    const method = value.bind(redis) as (...args: unknown[]) => Promise<unknown>
    if (name !== 'evalsha' && name !== 'eval') return method
    return async (...args: unknown[]) => {
      await method(...args)
      return method(...args)
    }
  },
})

const store = redisSessions({ client: resending, prefix })

describe('a driver that sends again what has been done', () => {
  it.each([undefined, 'ann'])('creates one session for user %j', async (userId) => {
    const id = await store.create({ userId, dataJson: '{}', ttlMs: 60_000 })
    const sessions = (await namespace.entries()).filter(([, type]) => type === 'string')
    expect(sessions).toHaveLength(1)
    expect(await store.read(id)).toMatchObject({ userId, dataJson: '{}' })
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toHaveLength(1)
    await store.delete(id)
    expect((await namespace.entries()).filter(([, type]) => type === 'string')).toEqual([])
  })

  it('creates one session for each of the calls that go together', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => store.create({ dataJson: '{}', ttlMs: 60_000 })))
    const sessions = (await namespace.entries()).filter(([, type]) => type === 'string')
    expect(sessions).toHaveLength(3)
    expect(new Set(ids).size).toBe(3)
  })
})
