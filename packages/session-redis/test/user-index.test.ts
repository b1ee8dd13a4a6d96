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
  breaking.breakAt(Number.POSITIVE_INFINITY, 'refuse')
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

describe('the index of a user', () => {
  // The server knows the scripts, so that the commands that are counted are those of the operations.
  beforeAll(async () => {
    const id = await countedStore.create({ userId: 'warm', dataJson: '{}', ttlMs: 60_000 })
    await countedStore.touch(id, dayMs)
    await countedStore.delete(id)
  })

  it.each(operations.flatMap((each) => [[...each, 'refuse'] as const, [...each, 'lose-reply'] as const]))(
    'O1 no session is without its entry wherever %s stops (%#)',
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

  it('D2 leaves nothing behind after the last delete', async () => {
    const [first, second] = await Promise.all([create('u'), create('u', 400 * dayMs)])
    await store.touch(first, 500 * dayMs)
    for (const id of [first, second, first]) await store.delete(id)
    expect(await namespace.entries()).toEqual([])
  })

  it('O1 outlives a session that is prolonged again and again', async () => {
    const id = await create('u', 20_000)
    for (const ttlMs of [60_000, dayMs, 20_000, 400 * dayMs, 60_000, 3_155_760_000_000]) {
      await store.touch(id, ttlMs)
      expect(await expectIndexed(namespace)).toBe(1)
    }
    expect(await store.listUserSessions('u')).toHaveLength(1)
  })

  it('T4 a touch is one command until the session would outlive its entry', async () => {
    const id = await create('u', dayMs)
    breaking.breakAt(Number.POSITIVE_INFINITY, 'refuse')
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

  it('gives up entries whose time is over, and keeps those of others', async () => {
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

  it('O1 ending all leaves the entry of a create that is under way', async () => {
    breaking.breakAt(2, 'refuse')
    await expect(brokenStore.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'Backend',
    })
    await store.endUserSessions('u')
    const [index] = await readIndexes(namespace)
    expect(index?.scores.size).toBe(1)
    expect(await store.listUserSessions('u')).toEqual([])
  })

  it('O1 holds when two touches of a session overlap, whichever is the longer', async () => {
    for (const [first, second] of [
      [dayMs, 400 * dayMs],
      [400 * dayMs, dayMs],
    ] as const) {
      const id = await create('u', 20_000)
      // A touch is refused, raises the entry, and touches again: the second comes in between.
      const stepping = stepClient(raw, async (step, reply) => {
        if (step === 2) await store.touch(id, second)
        return reply
      })
      await redisSessions({ client: stepping, prefix }).touch(id, first)
      expect(await expectIndexed(namespace)).toBe(1)
      await store.delete(id)
    }
  })

  it("O1 holds when the clock of a session's node is ahead of its index's", async () => {
    const hourMs = 3_600_000
    const ahead = stepClient(raw, async (step, reply) => {
      // The index promises less than the session needs, whose node says so, and that it is an hour later there.
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
