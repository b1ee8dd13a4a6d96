import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { mintSessionId, type SessionId } from '@bext/session-core'
import { redisRevocations, redisSessions, type RedisClient } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const redis = new Redis(redisUrl)
const ttlMs = 60_000

/** Runs between the two deliveries of a command. */
let between: (() => Promise<unknown>) | undefined

afterEach(async () => {
  between = undefined
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
})

afterAll(async () => {
  redis.disconnect()
  await namespace.clear()
})

/** A client that runs every script twice, as if the reply was lost and the driver resent the command. */
const resending = new Proxy<RedisClient>(redis, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name)
    if (typeof value !== 'function') return value
    const method = value.bind(redis) as (...args: unknown[]) => Promise<unknown>
    if (name !== 'evalsha' && name !== 'eval') return method
    return async (...args: unknown[]) => {
      await method(...args)
      await between?.()
      return method(...args)
    }
  },
})

const store = redisSessions({ client: resending, prefix })
const others = redisSessions({ client: raw, prefix })

describe('E6 a driver that resends commands which have taken effect', () => {
  it.each([undefined, 'ann'])('creates one session for user %j', async (userId) => {
    const id = await store.create({ userId, dataJson: '{}', ttlMs })
    const sessions = (await namespace.entries()).filter(([, type]) => type === 'string')
    expect(sessions).toHaveLength(1)
    expect(await store.read(id)).toMatchObject({ userId, dataJson: '{}' })
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toHaveLength(1)
    await store.delete(id)
    expect((await namespace.entries()).filter(([, type]) => type === 'string')).toEqual([])
  })

  it.each(
    [undefined, 'ann'].flatMap((userId) => [
      [userId, 'updated', (id: SessionId) => others.update(id, '"changed"')] as const,
      [userId, 'extended', (id: SessionId) => others.touch(id, 1000 * ttlMs)] as const,
    ]),
  )(
    'O6 for user %j, says that it created a session that was %s before the second delivery',
    async (userId, _, change) => {
      const id = mintSessionId()
      between = async () => {
        const isCreated = (await namespace.entries()).some(([, type]) => type === 'string')
        if (isCreated) await change(id)
      }
      expect(await store.createWithId(id, { userId, dataJson: '"own"', ttlMs })).toEqual({ outcome: 'created' })
      between = undefined
      await store.delete(id)
      expect(await namespace.entries()).toEqual([])
    },
  )

  it.each([undefined, 'ann'])('says that it created the session under the given id for user %j', async (userId) => {
    const id = mintSessionId()
    const other = { userId: 'ben', dataJson: '"other"', ttlMs }
    between = async () => {
      const hasSession = (await namespace.entries()).some(([, type]) => type === 'string')
      if (hasSession) expect(await others.createWithId(id, other)).toEqual({ outcome: 'taken' })
    }
    expect(await store.createWithId(id, { userId, dataJson: '"own"', ttlMs })).toEqual({ outcome: 'created' })
    between = undefined
    for (const options of [{ userId, dataJson: '"own"', ttlMs }, other]) {
      expect(await store.createWithId(id, options)).toEqual({ outcome: 'taken' })
    }
    expect(await store.read(id)).toMatchObject({ userId, dataJson: '"own"' })
    expect(await store.listUserSessions('ann')).toHaveLength(userId === undefined ? 0 : 1)
    expect((await namespace.entries()).filter(([, type]) => type !== 'string')).toHaveLength(
      userId === undefined ? 0 : 1,
    )
    await store.delete(id)
  })

  it('creates one session of several concurrent calls with one id', async () => {
    const id = mintSessionId()
    const calls = [1, 2, 3].map((n) => store.createWithId(id, { dataJson: `${n}`, ttlMs }))
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['created', 'taken', 'taken'])
    expect((await store.read(id)).dataJson).toBe(String(outcomes.indexOf('created') + 1))
  })

  it('creates one session for each of several concurrent calls', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => store.create({ dataJson: '{}', ttlMs })))
    const sessions = (await namespace.entries()).filter(([, type]) => type === 'string')
    expect(sessions).toHaveLength(3)
    expect(new Set(ids).size).toBe(3)
  })

  it.each([undefined, 'ann'])('O4 updates unchanged data once, for user %j', async (userId) => {
    const id = await others.create({ userId, dataJson: '0', ttlMs })
    for (let count = 0; count < 5; count += 1) {
      expect(await store.updateIfUnchanged(id, `${count}`, `${count + 1}`)).toEqual({ outcome: 'updated', id })
    }
    expect(await store.read(id)).toMatchObject({ userId, dataJson: '5' })
    expect(await store.updateIfUnchanged(id, '4', '5')).toEqual({ outcome: 'changed' })
  })

  it('O4 answers updated to only one of several equal writes that race', async () => {
    for (let race = 0; race < 30; race += 1) {
      const id = await others.create({ dataJson: '0', ttlMs })
      const results = await Promise.all(Array.from({ length: 5 }, () => store.updateIfUnchanged(id, '0', '1')))
      expect(results.filter(({ outcome }) => outcome === 'updated')).toHaveLength(1)
    }
  })

  it('O4 answers updated to a write that others have overwritten since', async () => {
    const id = await others.create({ userId: 'ann', dataJson: '"a"', ttlMs })
    const writes = [
      () => others.update(id, '"c"'),
      () => others.updateIfUnchanged(id, '"b"', '"c"'),
      // The expected data is stored again.
      () => others.updateIfUnchanged(id, '"b"', '"a"'),
      () => others.update(id, '"a"'),
    ]
    for (const write of writes) {
      await others.update(id, '"a"')
      between = write
      expect(await store.updateIfUnchanged(id, '"a"', '"b"')).toEqual({ outcome: 'updated', id })
      between = undefined
      expect((await others.read(id)).dataJson).not.toBe('"b"')
    }
  })

  it('U5 does not overwrite a later update', async () => {
    const id = await others.create({ userId: 'ann', dataJson: '0', ttlMs })
    between = () => others.update(id, '"after"')
    await store.update(id, '"before"')
    expect(await others.read(id)).toMatchObject({ userId: 'ann', dataJson: '"after"' })
  })

  it('recognises a write after many others of the same session within one deadline', async () => {
    const id = await others.create({ userId: 'ann', dataJson: '0', ttlMs })
    between = async () => {
      for (let count = 1; count <= 10; count += 1) {
        await others.updateIfUnchanged(id, `${count}`, `${count + 1}`)
      }
      await others.update(id, '0')
    }
    expect(await store.updateIfUnchanged(id, '0', '1')).toEqual({ outcome: 'updated', id })
    expect(await others.read(id)).toMatchObject({ userId: 'ann', dataJson: '0' })
    const [key = ''] = (await namespace.entries()).filter(([, type]) => type === 'string').map(([name]) => name)
    for (let count = 0; count < 100; count += 1) await others.update(id, '0')
    expect(await raw.strlen(key)).toBeLessThan(600)
  })

  it('D2 O1 leaves nothing of ended sessions', async () => {
    const create = () => others.create({ userId: 'ann', dataJson: '{}', ttlMs })
    const [first] = await Promise.all([create(), create(), create()])
    await store.delete(first)
    const [summary] = await others.listUserSessions('ann')
    await store.endUserSession('ann', summary?.handle ?? '')
    const [index = ''] = (await namespace.entries()).filter(([, type]) => type === 'zset').map(([name]) => name)
    expect(await raw.zcard(index)).toBe(1)
    await store.endUserSessions('ann')
    expect(await namespace.entries()).toEqual([])
  })

  it('T1 extends a session once, and lists it', async () => {
    const id = await others.create({ userId: 'ann', dataJson: '{}', ttlMs })
    await store.touch(id, 100 * ttlMs)
    const { createdAtMs, expiresAtMs } = await others.read(id)
    expect(expiresAtMs - createdAtMs - 100 * ttlMs).toBeGreaterThanOrEqual(0)
    expect(expiresAtMs - Date.now() - 100 * ttlMs).toBeLessThan(1000)
    expect(await others.listUserSessions('ann')).toHaveLength(1)
  })

  it('O7 keeps the later of two revocations, whichever is resent', async () => {
    const revocations = redisRevocations({ client: resending, prefix })
    const later = redisRevocations({ client: raw, prefix })
    const nowMs = Date.now()
    between = () => later.revokeUser('ann', 2000, nowMs + 2 * ttlMs)
    await revocations.revokeUser('ann', 1000, nowMs + ttlMs)
    between = () => later.revokeSession('s', nowMs + 2 * ttlMs)
    await revocations.revokeSession('s', nowMs + ttlMs)
    expect(await later.isRevoked('other', 'ann', 2000)).toBe(true)
    for (const [key] of await namespace.entries()) expect(await raw.pttl(key)).toBeGreaterThan(1.5 * ttlMs)
  })
})
