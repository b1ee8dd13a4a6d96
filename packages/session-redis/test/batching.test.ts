import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { recordClient } from './helpers/recording-client.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const redis = new Redis(redisUrl)
const client = recordClient(redis)
const store = redisSessions({ client, prefix })

afterAll(async () => {
  redis.disconnect()
  await namespace.clear()
})

async function createMany(count: number): Promise<SessionId[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => store.create({ dataJson: `${n}`, ttlMs: 60_000 })))
}

beforeEach(async () => {
  // The first write reads the server's time.
  await store.delete(await store.create({ dataJson: '{}', ttlMs: 60_000 }))
  client.commands.length = 0
})

async function keyOfNew(): Promise<{ id: SessionId; key: string }> {
  const before = new Set((await namespace.entries()).map(([key]) => key))
  const [id = '' as SessionId] = await createMany(1)
  const added = (await namespace.entries()).find(([key]) => !before.has(key))
  return { id, key: added?.[0] ?? '' }
}

describe('concurrent calls', () => {
  it('are sent as one command of each kind, and each gets its own result', async () => {
    const ids = await createMany(10)
    const [a, b, c, d, e] = ids as [SessionId, SessionId, SessionId, SessionId, SessionId]
    client.commands.length = 0
    const results = await Promise.all([
      store.read(a),
      store.update(b, '"b"'),
      store.touch(c, 90_000),
      store.delete(d),
      store.read(b),
      store.update(e, '"e"'),
      store.touch(a, 80_000),
      store.create({ dataJson: '"new"', ttlMs: 60_000 }),
      store.updateIfUnchanged(c, '2', '"c"'),
      store.updateIfUnchanged(a, '"other"', '"a"'),
    ])
    expect(client.commands.filter((name) => !name.startsWith('eval ')).toSorted()).toEqual([
      'evalsha 1',
      'evalsha 1',
      'evalsha 2',
      'evalsha 2',
      'evalsha 2',
      'mget 2',
    ])
    expect(results[0]).toMatchObject({ id: a, dataJson: '0' })
    expect(results[4]).toMatchObject({ id: b, dataJson: '1' })
    expect(results.slice(8)).toEqual([{ outcome: 'updated', id: c }, { outcome: 'changed' }])
    const after = await Promise.all([a, b, c, e].map((id) => store.read(id)))
    expect(after.map(({ dataJson }) => dataJson)).toEqual(['0', '"b"', '"c"', '"e"'])
    expect(after.map(({ createdAtMs, expiresAtMs }) => expiresAtMs - createdAtMs >= 80_000)).toEqual([
      true,
      false,
      true,
      false,
    ])
    expect(await rejectionOf(store.read(d))).toMatchObject({ code: 'NotFound' })
  })

  it.each<[string, (id: SessionId) => Promise<unknown>]>([
    ['read', (id: SessionId) => store.read(id)],
    ['update', (id: SessionId) => store.update(id, '"u"')],
    ['touch', (id: SessionId) => store.touch(id, 90_000)],
    ['updateIfUnchanged', (id: SessionId) => store.updateIfUnchanged(id, '1', '2')],
  ])(
    'a %s of a missing or corrupt session, or of a key of another type, does not affect others',
    async (method, call) => {
      const [good = '' as SessionId, missing = '' as SessionId] = await createMany(2)
      await store.delete(missing)
      const broken = await keyOfNew()
      await raw.set(broken.key, 'hello', 'KEEPTTL')
      const otherType = await keyOfNew()
      await raw.del(otherType.key)
      await raw.rpush(otherType.key, 'x')
      await raw.expire(otherType.key, 60)
      const results = await Promise.allSettled([good, missing, broken.id, otherType.id, good].map(call))
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'rejected',
        'fulfilled',
      ])
      const reasons = results.map((result) => (result.status === 'rejected' ? (result.reason as object) : undefined))
      expect(reasons[1]).toMatchObject({ code: 'NotFound' })
      expect(reasons[2]).toMatchObject({ code: 'Backend', reason: 'corrupt' })
      // MGET reports a key of another type as missing.
      if (method !== 'read') expect(reasons[3]).toMatchObject({ code: 'Backend', reason: 'failed' })
      expect(await raw.type(otherType.key)).toBe('list')
    },
  )

  it('a single call is sent at the end of its tick', async () => {
    const [id = '' as SessionId] = await createMany(1)
    client.commands.length = 0
    const read = store.read(id)
    expect(client.commands).toEqual([])
    await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))
    await Promise.resolve()
    expect(client.commands).toEqual(['get 1'])
    await read
  })

  it('are collected until the end of the turn while another call is in flight', async () => {
    const ids = await createMany(4)
    client.commands.length = 0
    const calls = [store.read(ids[0] as SessionId)]
    await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))
    for (const id of ids.slice(1)) {
      calls.push(store.read(id))
      await Promise.resolve()
    }
    await Promise.all(calls)
    expect(client.commands).toEqual(['get 1', 'mget 3'])
  })

  it('with large data are sent one by one, and many calls as several commands', async () => {
    const ids = await createMany(300)
    client.commands.length = 0
    await Promise.all(ids.map((id) => store.read(id)))
    expect(client.commands).toEqual(['mget 128', 'mget 128', 'mget 44'])
    client.commands.length = 0
    const large = JSON.stringify('x'.repeat(2000))
    await Promise.all(ids.slice(0, 3).map((id, n) => store.update(id, n === 1 ? '1' : large)))
    expect(client.commands).toEqual(['evalsha 1', 'evalsha 1', 'evalsha 1'])
    const records = await Promise.all(ids.slice(0, 3).map((id) => store.read(id)))
    expect(records.map(({ dataJson }) => dataJson)).toEqual([large, '1', large])
  })

  it('of a list need a few commands for all sessions', async () => {
    const userId = 'many'
    await Promise.all(Array.from({ length: 300 }, () => store.create({ userId, dataJson: '{}', ttlMs: 60_000 })))
    // The server may not have the script yet.
    await Promise.all([store.listUserSessions(userId), store.listUserRecords(userId)])
    for (const list of [() => store.listUserSessions(userId), () => store.listUserRecords(userId)]) {
      client.commands.length = 0
      expect(await list()).toHaveLength(300)
      expect(client.commands).toEqual(['evalsha 128', 'evalsha 122', 'evalsha 50'])
    }
  })

  it('on the same session take effect in order', async () => {
    const [id = '' as SessionId] = await createMany(1)
    await Promise.all([store.update(id, '1'), store.touch(id, 90_000), store.update(id, '2'), store.delete(id)])
    expect(await rejectionOf(store.read(id))).toMatchObject({ code: 'NotFound' })
  })

  it('E3 each reject with a separate error when Redis fails', async () => {
    const dead = redisSessions({ url: 'redis://127.0.0.1:1', timeoutMs: 100 })
    const [id = '' as SessionId] = await createMany(1)
    const errors = await Promise.all([dead.read(id), dead.read(id), dead.touch(id, 1000)].map(rejectionOf))
    for (const error of errors) expect(error).toMatchObject({ code: 'Backend', cause: { code: 'ECONNREFUSED' } })
    expect(new Set(errors).size).toBe(3)
    await dead.close()
  })
})
