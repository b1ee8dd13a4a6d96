import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isSessionError, type SessionId } from '@bext/session-core'
import { redisSessions } from '@bext/session-redis'
import { breakClient } from './helpers/breaking-client.js'
import { expectIndexed, readIndexes } from './helpers/expect-indexed.js'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { stepClient } from './helpers/stepping-client.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const client = new Redis(redisUrl)
const breaking = breakClient(client)
const store = redisSessions({ client: raw, prefix })
const countedStore = redisSessions({ client: breaking, prefix })
const brokenStore = redisSessions({ client: breaking, prefix, timeoutMs: 250 })
const dayMs = 86_400_000

async function reset(): Promise<void> {
  breaking.breakAt(Number.POSITIVE_INFINITY, 'do-not-send')
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
}

afterEach(reset)

afterAll(async () => {
  client.disconnect()
  await namespace.clear()
})

function create(userId: string, ttlMs = 60_000): Promise<SessionId> {
  return store.create({ userId, dataJson: '{}', ttlMs })
}

type Operation = readonly [name: string, work: (id: SessionId) => Promise<unknown>]

const operations: readonly Operation[] = [
  ['create', () => brokenStore.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })],
  ['touch', (id) => brokenStore.touch(id, 400 * dayMs)],
  ['delete', (id) => brokenStore.delete(id)],
  ['endUserSessions', () => brokenStore.endUserSessions('u')],
]

describe("a user's index", () => {
  // Load the scripts first, so that only the commands of the operations are counted.
  beforeAll(async () => {
    const id = await countedStore.create({ userId: 'warm', dataJson: '{}', ttlMs: 60_000 })
    await countedStore.touch(id, dayMs)
    await countedStore.delete(id)
  })

  it.each(operations.flatMap((each) => [[...each, 'do-not-send'] as const, [...each, 'lose-reply'] as const]))(
    'O1 every session has its entry wherever %s stops (%#)',
    async (_, work, how) => {
      for (let step = 1; ; step += 1) {
        await reset()
        const id = await create('u')
        breaking.breakAt(step, how)
        const stopped = await work(id).then(() => false, isSessionError)
        await expectIndexed(namespace)
        await store.endUserSessions('u')
        expect(await expectIndexed(namespace)).toBe(0)
        if (!stopped) {
          expect(step).toBeGreaterThan(2)
          return
        }
      }
    },
  )

  it('D2 is gone after the last delete', async () => {
    const [first, second] = await Promise.all([create('u'), create('u', 400 * dayMs)])
    await store.touch(first, 500 * dayMs)
    for (const id of [first, second, first]) await store.delete(id)
    expect(await namespace.entries()).toEqual([])
  })

  it('O1 outlives a session that is extended again and again', async () => {
    const id = await create('u', 20_000)
    for (const ttlMs of [60_000, dayMs, 20_000, 400 * dayMs, 60_000, 3_155_760_000_000]) {
      await store.touch(id, ttlMs)
      expect(await expectIndexed(namespace)).toBe(1)
    }
    expect(await store.listUserSessions('u')).toHaveLength(1)
  })

  it('D1 a delete that stops between its commands has ended the session, and leaves no key of it', async () => {
    const id = await create('u')
    breaking.breakAt(2, 'do-not-send')
    await expect(brokenStore.delete(id)).rejects.toMatchObject({ code: 'Backend' })
    for (const work of [() => store.read(id), () => store.update(id, '1'), () => store.touch(id, dayMs)]) {
      await expect(work()).rejects.toMatchObject({ code: 'NotFound' })
    }
    expect(await store.listUserSessions('u')).toEqual([])
    await expect.poll(async () => (await namespace.entries()).filter(([, type]) => type === 'string')).toEqual([])
  })

  it('D1 a delete is one command for an anonymous session, and three in two trips for that of a user', async () => {
    const [anonymous, id] = await Promise.all([store.create({ dataJson: '{}', ttlMs: dayMs }), create('u')])
    breaking.breakAt(Number.POSITIVE_INFINITY, 'do-not-send')
    await countedStore.delete(anonymous)
    expect(breaking.sent).toBe(1)
    await countedStore.delete(id)
    expect(breaking.sent).toBe(1 + 3)
  })

  it('T4 a touch is one command while the entry outlives the session', async () => {
    const id = await create('u', dayMs)
    breaking.breakAt(Number.POSITIVE_INFINITY, 'do-not-send')
    await countedStore.touch(id, dayMs)
    expect(breaking.sent).toBe(1)
    await countedStore.touch(id, 2 * dayMs + 60_000)
    expect(breaking.sent).toBe(1 + 3)
    await countedStore.touch(id, 2 * dayMs + 60_000)
    expect(breaking.sent).toBe(1 + 3 + 1)
  })

  it('T3 a touch of a session that ends meanwhile leaves no entry', async () => {
    const id = await create('u', 1000)
    const stepping = stepClient(raw, async (step, reply) => {
      if (step === 1) await store.delete(id)
      return reply
    })
    const steps = redisSessions({ client: stepping, prefix })
    await expect(steps.touch(id, 400 * dayMs)).rejects.toMatchObject({ code: 'NotFound' })
    expect(await namespace.entries()).toEqual([])
  })

  it('drops expired entries and keeps all others', async () => {
    const id = await create('u')
    const [index] = await readIndexes(namespace)
    const nowMs = Date.now()
    await raw.zadd(index?.key ?? '', nowMs - 120_000, 'over', nowMs - 1000, 'perhaps not over by another clock')
    await create('u')
    const [after] = await readIndexes(namespace)
    expect(after?.scores.size).toBe(3)
    expect(after?.scores.has('over')).toBe(false)
    expect(await store.listUserSessions('u')).toHaveLength(2)
    await store.delete(id)
    expect(await store.listUserSessions('u')).toHaveLength(1)
  })

  it('O1 ending all sessions keeps the entry of a create in flight', async () => {
    breaking.breakAt(2, 'do-not-send')
    await expect(brokenStore.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'Backend',
    })
    await store.endUserSessions('u')
    const [index] = await readIndexes(namespace)
    expect(index?.scores.size).toBe(1)
    expect(await store.listUserSessions('u')).toEqual([])
  })

  it('O1 is complete when two touches of a session overlap, whichever ttl is longer', async () => {
    for (const [first, second] of [
      [dayMs, 400 * dayMs],
      [400 * dayMs, dayMs],
    ] as const) {
      const id = await create('u', 20_000)
      // A touch is refused, raises the entry, and touches again. The second touch runs in between.
      const stepping = stepClient(raw, async (step, reply) => {
        if (step === 2) await store.touch(id, second)
        return reply
      })
      await redisSessions({ client: stepping, prefix }).touch(id, first)
      expect(await expectIndexed(namespace)).toBe(1)
      await store.delete(id)
    }
  })

  it("O1 is complete when the clock of the session's node is ahead of the index's", async () => {
    const hourMs = 3_600_000
    const ahead = stepClient(raw, async (step, reply) => {
      // The entry is too short for the session. The session's node says so, and its clock is an hour ahead.
      if (step === 1) return [Date.now(), 'done', '0000000000001']
      return step === 2 ? [Date.now() + hourMs, ...(reply as unknown[]).slice(1)] : reply
    })
    await redisSessions({ client: ahead, prefix }).create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })
    expect(await expectIndexed(namespace)).toBe(1)
    const [summary] = await store.listUserSessions('u')
    const [index] = await readIndexes(namespace)
    expect(index?.scores.get(summary?.handle ?? '')).toBeGreaterThan(Date.now() + hourMs)
  })
})
