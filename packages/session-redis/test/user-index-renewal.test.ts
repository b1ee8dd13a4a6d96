import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'
import { breakClient } from './helpers/breaking-client.js'
import { expectIndexed } from './helpers/expect-indexed.js'
import { openNamespace, redisUrl } from './helpers/namespace.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const client = new Redis(redisUrl)
const counting = breakClient(client)
const store = redisSessions({ client: counting, prefix })
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

// Load the scripts first, so that only the commands of the touches are counting.
beforeAll(async () => {
  const id = await store.create({ userId: 'warm', dataJson: '{}', ttlMs: minuteMs })
  await store.touch(id, dayMs)
  await store.delete(id)
})

afterEach(async () => {
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
})

afterAll(async () => {
  client.disconnect()
  await namespace.clear()
})

async function keysOf(type: string): Promise<string[]> {
  return (await namespace.entries()).filter(([, each]) => each === type).map(([key]) => key)
}

/** Changes the minute in the record in which the index entry was written. */
async function rewriteEntryMinute(change: (minute: number) => number): Promise<void> {
  for (const key of await keysOf('string')) {
    const minute = Number(await raw.getrange(key, 21, 25))
    await raw.setrange(key, 21, String(change(minute) % 100_000).padStart(5, '0'))
  }
}

async function countCommands(work: () => Promise<unknown>): Promise<number> {
  counting.breakAt(Number.POSITIVE_INFINITY, 'do-not-send')
  await work()
  return counting.sent
}

describe('an index entry that was lost although its session was not', () => {
  it.each([
    ['half an hour', 30 * minuteMs, 16],
    ['a day', dayMs, 61],
    ['a month', 30 * dayMs, 61],
  ])('O1 is written again by a touch, with a ttl of %s', async (_, ttlMs, minutes) => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs })
    expect(await countCommands(() => store.touch(id, ttlMs))).toBe(1)
    await raw.del(await keysOf('zset'))
    await rewriteEntryMinute((minute) => minute + 100_000 - minutes)
    expect(await countCommands(() => store.touch(id, ttlMs))).toBe(3)
    expect(await store.listUserSessions('ann')).toHaveLength(1)
    expect(await expectIndexed(namespace)).toBe(1)
    expect(await countCommands(() => store.touch(id, ttlMs))).toBe(1)
    await store.endUserSessions('ann')
    expect(await namespace.entries()).toEqual([])
  })

  it('O1 is written again even if the record says that it is listed for longer', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 400 * dayMs })
    await store.touch(id, hourMs)
    await raw.del(await keysOf('zset'))
    await rewriteEntryMinute((minute) => minute + 100_000 - 61)
    await store.touch(id, hourMs)
    expect(await expectIndexed(namespace)).toBe(1)
    // The record no longer claims the longer time of the lost entry.
    await store.touch(id, 300 * dayMs)
    expect(await expectIndexed(namespace)).toBe(1)
  })

  it('O1 is written again if the record does not say when it was written', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: hourMs })
    await raw.del(await keysOf('zset'))
    await rewriteEntryMinute((minute) => minute + 50_000)
    await store.touch(id, hourMs)
    expect(await expectIndexed(namespace)).toBe(1)
  })

  it('T4 is not written again because the clock of a node is slightly ahead', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: hourMs })
    await rewriteEntryMinute((minute) => minute + 2)
    expect(await countCommands(() => store.touch(id, hourMs))).toBe(1)
  })
})
