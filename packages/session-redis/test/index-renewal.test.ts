import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'
import { breakClient } from './helpers/breaking-client.js'
import { expectIndexed } from './helpers/expect-indexed.js'
import { openNamespace, redisUrl } from './helpers/namespace.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const client = new Redis(redisUrl)
const counted = breakClient(client)
const store = redisSessions({ client: counted, prefix })
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

// The server knows the scripts, so that the commands that are counted are those of the touches.
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

/** Lets the record say that its entry was written so much earlier, or by a release that did not say when. */
async function rewriteStamp(stamp: (minute: number) => number): Promise<void> {
  for (const key of await keysOf('string')) {
    const minute = Number(await raw.getrange(key, 21, 25))
    await raw.setrange(key, 21, String(stamp(minute) % 100_000).padStart(5, '0'))
  }
}

async function commandsOf(work: () => Promise<unknown>): Promise<number> {
  counted.breakAt(Number.POSITIVE_INFINITY, 'refuse')
  await work()
  return counted.sent
}

describe('an index entry that was lost while its session was not', () => {
  it.each([
    ['half an hour', 30 * minuteMs, 16],
    ['a day', dayMs, 61],
    ['a month', 30 * dayMs, 61],
  ])('O1 is written again by a touch, with a ttl of %s', async (_, ttlMs, minutes) => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs })
    expect(await commandsOf(() => store.touch(id, ttlMs))).toBe(1)
    await raw.del(await keysOf('zset'))
    await rewriteStamp((minute) => minute + 100_000 - minutes)
    expect(await commandsOf(() => store.touch(id, ttlMs))).toBe(3)
    expect(await store.listUserSessions('ann')).toHaveLength(1)
    expect(await expectIndexed(namespace)).toBe(1)
    expect(await commandsOf(() => store.touch(id, ttlMs))).toBe(1)
    await store.endUserSessions('ann')
    expect(await namespace.entries()).toEqual([])
  })

  it('O1 is written again whatever the record says of how long it is listed', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 400 * dayMs })
    await store.touch(id, hourMs)
    await raw.del(await keysOf('zset'))
    await rewriteStamp((minute) => minute + 100_000 - 61)
    await store.touch(id, hourMs)
    expect(await expectIndexed(namespace)).toBe(1)
    // The record no longer says that it is listed for as long as the entry that was lost.
    await store.touch(id, 300 * dayMs)
    expect(await expectIndexed(namespace)).toBe(1)
  })

  it('O1 a session of which nobody knows when it was listed is listed again', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: hourMs })
    await raw.del(await keysOf('zset'))
    await rewriteStamp((minute) => minute + 50_000)
    await store.touch(id, hourMs)
    expect(await expectIndexed(namespace)).toBe(1)
  })

  it('T4 a node whose clock is a little ahead costs no command', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: hourMs })
    await rewriteStamp((minute) => minute + 2)
    expect(await commandsOf(() => store.touch(id, hourMs))).toBe(1)
  })
})
