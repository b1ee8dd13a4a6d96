import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const client = new Redis(redisUrl)
const store = redisSessions({ client, prefix })

afterAll(async () => {
  client.disconnect()
  await namespace.clear()
})

async function createAndFind(ttlMs: number): Promise<{ id: SessionId; key: string }> {
  const before = new Set((await namespace.entries()).map(([key]) => key))
  const id = await store.create({ dataJson: '{}', ttlMs })
  const added = (await namespace.entries()).filter(([key]) => !before.has(key))
  expect(added).toHaveLength(1)
  return { id, key: added[0]?.[0] ?? '' }
}

describe('stored records', () => {
  it('U4 C7 every key has an expiry after every kind of write', async () => {
    for (const userId of [undefined, 'alice']) {
      const id = await store.create({ userId, dataJson: '{"n":0}', ttlMs: 60_000 })
      await store.update(id, '{"n":1}')
      await store.updateIfUnchanged(id, '{"n":1}', '{"n":2}')
      await store.touch(id, 3_155_760_000_000)
      await store.touch(id, 90_000)
    }
    const entries = await namespace.entries()
    expect(entries.map(([, type]) => type).toSorted()).toEqual(['string', 'string', 'zset'])
    for (const [key] of entries) expect(await raw.pttl(key)).toBeGreaterThan(0)
  })

  it('R3 the key expires with the record', async () => {
    const { id, key } = await createAndFind(60_000)
    const { createdAtMs, expiresAtMs } = await store.read(id)
    expect(expiresAtMs).toBe(createdAtMs + 60_000)
    // Redis drops a key once its clock has passed the expiry. A session expires once the clock has reached it.
    expect(await raw.pexpiretime(key)).toBe(expiresAtMs - 1)
  })

  it('C7 R3 a session of one millisecond expires, and leaves no key', async () => {
    const before = await namespace.entries()
    const id = await store.create({ dataJson: '{}', ttlMs: 1 })
    const answer = (): Promise<unknown> => store.read(id).catch((error: unknown) => error)
    await expect.poll(answer, { interval: 1 }).toMatchObject({ code: 'NotFound', reason: 'unknown' })
    expect(await namespace.entries()).toEqual(before)
  })

  it('I1 I3 no key contains an id or a user id, and no value contains an id', async () => {
    const id = await store.create({ userId: 'bob@example.org', dataJson: '{}', ttlMs: 60_000 })
    const entries = await namespace.entries()
    for (const [key, type] of entries) {
      const value = type === 'string' ? await raw.get(key) : (await raw.zrange(key, '0', '-1')).join()
      expect(key).not.toContain('bob')
      expect(`${key} ${value}`).not.toContain(id)
    }
  })

  it('R2 data that looks like the layout is returned unchanged', async () => {
    const dataJson = `\n"${'9'.repeat(60)}\\n%d\\u0000😀"\n`
    const id = await store.create({ userId: 'a\nb"\u0000', dataJson, ttlMs: 60_000 })
    expect(await store.read(id)).toMatchObject({ userId: 'a\nb"\u0000', dataJson })
    await store.update(id, '\n\n1\n')
    await store.touch(id, 70_000)
    expect(await store.read(id)).toMatchObject({ userId: 'a\nb"\u0000', dataJson: '\n\n1\n' })
  })

  it.each([undefined, 'ann'])('records without nonces can be read and written, of user %j', async (userId) => {
    const id = await store.create({ userId, dataJson: '{"n":0}', ttlMs: 60_000 })
    const { createdAtMs, expiresAtMs } = await store.read(id)
    const keys = (await namespace.entries()).filter(([, type]) => type === 'string').map(([key]) => key)
    const userText = userId === undefined ? '' : JSON.stringify(userId)
    for (const key of keys) {
      if (!(await raw.get(key))?.includes(String(createdAtMs))) continue
      await raw.set(key, `${expiresAtMs}${expiresAtMs + 60_000}${createdAtMs}${userText}\n{"n":0}`, 'KEEPTTL')
    }
    expect(await store.read(id)).toEqual({ id, userId, dataJson: '{"n":0}', createdAtMs, expiresAtMs })
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toHaveLength(1)
    await store.touch(id, 70_000)
    expect(await store.updateIfUnchanged(id, '{"n":0}', '{"n":1}')).toMatchObject({ outcome: 'updated' })
    await store.update(id, '{"n":2}')
    expect(await store.read(id)).toMatchObject({ userId, dataJson: '{"n":2}', createdAtMs })
    await store.delete(id)
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toEqual([])
  })

  it('O4 data that is compared with another type is Invalid', async () => {
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const [first] = await store.listUserRecords('ann')
    const calls = [
      store.updateIfUnchanged(id, null as unknown as string, '1'),
      store.updateUserRecord('ann', first?.handle ?? '', 7 as unknown as string, '1'),
    ]
    for (const call of calls) expect(await rejectionOf(call)).toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
    expect((await store.read(id)).dataJson).toBe('{}')
  })

  it.each(['hello', '1'.repeat(80), `${'1'.repeat(39)}{}\n{}`])(
    'E4 the value %j is not read as a session',
    async (value) => {
      const { id, key } = await createAndFind(60_000)
      await raw.set(key, value, 'KEEPTTL')
      expect(await rejectionOf(store.read(id))).toMatchObject({ code: 'Backend', reason: 'corrupt' })
      await store.delete(id)
      expect(await raw.exists(key)).toBe(0)
    },
  )

  it('U5 a value that is not a session is not overwritten', async () => {
    const { id, key } = await createAndFind(60_000)
    await raw.set(key, 'hello', 'KEEPTTL')
    const calls = [store.update(id, '{}'), store.updateIfUnchanged(id, '{}', '{}'), store.touch(id, 1000)]
    for (const call of calls) {
      expect(await rejectionOf(call)).toMatchObject({ code: 'Backend', reason: 'corrupt' })
    }
    expect(await raw.get(key)).toBe('hello')
  })
})
