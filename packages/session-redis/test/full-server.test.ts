import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintSessionId, type SessionId } from '@bext/session-core'
import { redisRevocations, redisSessions, type RedisSessions } from '@bext/session-redis'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { startServer, type Server } from './helpers/servers.js'
import { stepClient } from './helpers/stepping-client.js'

const longer = JSON.stringify('x'.repeat(200))
const hourMs = 3_600_000
const full: object = { code: 'Backend', reason: 'full', cause: expect.any(Error) as Error }

let server: Server
let client: Redis
let store: RedisSessions

beforeAll(async () => {
  server = await startServer()
  client = new Redis(server.url)
  store = redisSessions({ client })
})

afterAll(async () => {
  client?.disconnect()
  await server?.stop()
})

async function fill(): Promise<void> {
  await server.raw.config('SET', 'maxmemory', '1')
}

beforeEach(async () => {
  await server.raw.config('SET', 'maxmemory', '0')
  await server.raw.flushall()
})

function create(userId: string | undefined, dataJson = '{}'): Promise<SessionId> {
  return store.create({ userId, dataJson, ttlMs: hourMs })
}

async function userIndexes(): Promise<string[]> {
  return server.raw.keys('session:user:*')
}

describe('a full server', () => {
  it('L2 rejects new sessions and stores nothing of them', async () => {
    await fill()
    const users = [undefined, ...Array.from({ length: 20 }, (_, n) => `user ${n}`)]
    for (const error of await Promise.all(users.map((user) => rejectionOf(create(user))))) {
      expect(error).toMatchObject(full)
    }
    expect(await server.raw.dbsize()).toBe(0)
  })

  it('L2 keeps no index entry of a session that is rejected after its entry was written', async () => {
    const kept = await create('ann')
    const filling = stepClient(client, async (step, reply) => {
      if (step === 1) await fill()
      return reply
    })
    const steps = redisSessions({ client: filling })
    expect(await rejectionOf(steps.create({ userId: 'ann', dataJson: '{}', ttlMs: hourMs }))).toMatchObject(full)
    const [index = ''] = await userIndexes()
    expect(await server.raw.zcard(index)).toBe(1)
    expect(await store.listUserSessions('ann')).toHaveLength(1)
    await store.delete(kept)
    expect(await server.raw.dbsize()).toBe(0)
  })

  it.each([undefined, 'ann'])('L2 O6 still says that an id is taken, for user %j', async (userId) => {
    const id = mintSessionId()
    const options = { userId, dataJson: '{}', ttlMs: hourMs }
    await store.createWithId(id, options)
    const before = await server.raw.dbsize()
    const filling = stepClient(client, async (step, reply) => {
      // The index entry has been written.
      if (step === 1) await fill()
      return reply
    })
    if (userId === undefined) await fill()
    expect(await redisSessions({ client: filling }).createWithId(id, options)).toEqual({ outcome: 'taken' })
    expect(await server.raw.dbsize()).toBe(before)
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toHaveLength(1)
  })

  it.each([undefined, 'ann'])('L2 T1 still extends and shortens sessions of user %j', async (userId) => {
    const ids = await Promise.all([create(userId), create(userId), create(userId)])
    await fill()
    for (const ttlMs of [2 * hourMs, 60_000, 400 * 24 * hourMs]) {
      await Promise.all(ids.map((id) => store.touch(id, ttlMs)))
      const { expiresAtMs } = await store.read(ids[0])
      expect(Math.abs(expiresAtMs - Date.now() - ttlMs)).toBeLessThan(30_000)
      const [key = ''] = (await server.raw.keys('session:*')).filter((name) => !name.includes('user:'))
      expect(await server.raw.pttl(key)).toBeGreaterThan(0)
    }
    if (userId !== undefined) expect(await store.listUserSessions(userId)).toHaveLength(3)
  })

  it('L2 O1 still extends a session whose index entry was lost, and lists it again', async () => {
    const id = await create('ann')
    await server.raw.del(await userIndexes())
    await fill()
    await store.touch(id, 30 * 24 * hourMs)
    expect(await store.listUserSessions('ann')).toHaveLength(1)
  })

  it('U4 C7 leaves no key without an expiry after a touch of one millisecond', async () => {
    const id = await create(undefined)
    await fill()
    await store.touch(id, 1)
    await expect.poll(() => server.raw.dbsize()).toBe(0)
  })

  it('L2 rejects longer data, and accepts data that does not grow', async () => {
    const [b, c, d, gone] = (await Promise.all(Array.from({ length: 4 }, () => create('ann', '"first"')))) as [
      SessionId,
      SessionId,
      SessionId,
      SessionId,
    ]
    const a = await create('ann', '"first"')
    await store.delete(gone)
    await fill()
    // The nonce of a create takes room until a second delivery of it would be rejected as late, which is last for a.
    const isAccepted = (): Promise<boolean> =>
      store.update(a, '"first"').then(
        () => true,
        () => false,
      )
    await expect.poll(isAccepted, { timeout: 5000 }).toBe(true)
    const results = await Promise.allSettled([
      store.update(c, '"f"'),
      store.update(b, longer),
      store.update(gone, '""'),
      store.update(d, '"again"'),
      store.update(b, longer),
    ])
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { reason: full },
      { reason: { code: 'NotFound' } },
      { status: 'fulfilled' },
      { reason: full },
    ])
    expect(await rejectionOf(store.updateIfUnchanged(b, '"first"', longer))).toMatchObject(full)
    expect(await store.updateIfUnchanged(b, '"first"', '"short"')).toMatchObject({ outcome: 'updated' })
    const records = await Promise.all([a, b, c, d].map((id) => store.read(id)))
    expect(records.map(({ dataJson }) => dataJson)).toEqual(['"first"', '"short"', '"f"', '"again"'])
    for (const { createdAtMs, expiresAtMs } of records) expect(expiresAtMs).toBe(createdAtMs + hourMs)
    const keys = await server.raw.keys('session:*')
    for (const key of keys) expect(await server.raw.pttl(key)).toBeGreaterThan(0)
  })

  it('L2 O1 still ends sessions', async () => {
    const [first] = await Promise.all([create('ann'), create('ann'), create('ann'), create('ben')])
    await fill()
    await store.delete(first)
    const [summary] = await store.listUserSessions('ann')
    await store.endUserSession('ann', summary?.handle ?? '')
    await store.endUserSessions('ann')
    await store.endUserSessions('ben')
    expect(await server.raw.dbsize()).toBe(0)
  })

  it('L2 rejects a new revocation whole, and extends an existing one', async () => {
    const revocations = redisRevocations({ client })
    const untilMs = Date.now() + hourMs
    await revocations.revokeSession('known', untilMs)
    await revocations.revokeUser('ann', 1_700_000_000_000, untilMs)
    const before = await server.raw.dbsize()
    await fill()
    expect(await rejectionOf(revocations.revokeSession('new', untilMs))).toMatchObject(full)
    expect(await rejectionOf(revocations.revokeUser('ben', 1_700_000_000_000, untilMs))).toMatchObject(full)
    expect(await server.raw.dbsize()).toBe(before)
    await revocations.revokeSession('known', untilMs + hourMs)
    await revocations.revokeUser('ann', 1_800_000_000_000, untilMs)
    expect(await revocations.isRevoked('other', 'ann', 1_750_000_000_000)).toBe(true)
    expect(await server.raw.pttl('revoked:session:known')).toBeGreaterThan(hourMs)
  })
})
