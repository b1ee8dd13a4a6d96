import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const client = new Redis(redisUrl)
const store = redisSessions({ client, prefix })
const minuteMs = 60_000

afterEach(async () => {
  vi.restoreAllMocks()
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
})

afterAll(async () => {
  client.disconnect()
  await namespace.clear()
})

/** Creates a session that has expired by its record but whose key has not, like a key that was moved or restored. */
async function createExpired(userId?: string): Promise<SessionId> {
  const before = new Set((await namespace.entries()).map(([key]) => key))
  const id = await store.create({ userId, dataJson: '1', ttlMs: minuteMs })
  const { expiresAtMs } = await store.read(id)
  for (const [key, type] of await namespace.entries()) {
    if (before.has(key) || type !== 'string') continue
    // The same record, a minute and a little earlier.
    await raw.setrange(key, 0, String(expiresAtMs - minuteMs - 1))
    await raw.pexpire(key, 100 * minuteMs)
  }
  return id
}

async function serverNowMs(): Promise<number> {
  const [seconds, microseconds] = await raw.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function shiftLocalClock(byMs: number): void {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
}

const calls: readonly [name: string, call: (id: SessionId) => Promise<unknown>][] = [
  ['read', (id) => store.read(id)],
  ['update', (id) => store.update(id, '2')],
  ['updateIfUnchanged', (id) => store.updateIfUnchanged(id, '1', '2')],
  ['touch', (id) => store.touch(id, minuteMs)],
]

describe('a session that expires before its key', () => {
  it.each(calls)('R3 U3 T3 is NotFound for %s, alone and in a batch', async (_, call) => {
    for (const skewMs of [0, 40 * minuteMs, -40 * minuteMs]) {
      shiftLocalClock(skewMs)
      const expired = await createExpired()
      const live = await store.create({ dataJson: '1', ttlMs: minuteMs })
      expect(await rejectionOf(call(expired))).toMatchObject({ code: 'NotFound' })
      const results = await Promise.allSettled([live, expired, live, expired].map(call))
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
      vi.restoreAllMocks()
    }
  })

  it('R3 expires exactly at expiresAtMs', async () => {
    const id = await store.create({ dataJson: '1', ttlMs: 300 })
    const { expiresAtMs } = await store.read(id)
    for (const [key] of await namespace.entries()) await raw.pexpire(key, minuteMs)
    for (;;) {
      const beforeMs = await serverNowMs()
      const found = await store.read(id).then(
        () => true,
        () => false,
      )
      const afterMs = await serverNowMs()
      if (afterMs < expiresAtMs) expect(found).toBe(true)
      if (beforeMs >= expiresAtMs) {
        expect(found).toBe(false)
        return
      }
    }
  })

  it('O1 D2 is not listed, and leaves nothing after a delete or after ending its user', async () => {
    const expired = await createExpired('ann')
    await createExpired('ann')
    expect(await store.listUserSessions('ann')).toEqual([])
    await store.delete(expired)
    await store.endUserSessions('ann')
    expect(await namespace.entries()).toEqual([])
  })

  it('R3 expires by the clock of the server, whatever the local clock says', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: minuteMs })
    for (const skewMs of [40 * minuteMs, -40 * minuteMs]) {
      shiftLocalClock(skewMs)
      const fresh = redisSessions({ client, prefix })
      expect(await fresh.read(id)).toMatchObject({ dataJson: '1' })
      expect(await fresh.listUserSessions('ann')).toHaveLength(1)
      vi.restoreAllMocks()
    }
  })
})
