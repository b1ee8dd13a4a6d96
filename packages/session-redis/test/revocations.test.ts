import { randomUUID } from 'node:crypto'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation } from '@bext/session-cookie/revocation'
import { redisRevocations, type RedisRevocationsOptions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { redisUrl } from './helpers/namespace.js'

const client = new Redis(redisUrl)
afterAll(() => client.disconnect())

const minuteMs = 60_000

function open() {
  const prefix = `test-${randomUUID()}:`
  return { prefix, revocations: redisRevocations({ client, prefix }) }
}

test('a revoked session is revoked for every user, and no other session is', async () => {
  const { revocations } = open()
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  expect(await revocations.isRevoked('s1', undefined, 1)).toBe(true)
  expect(await revocations.isRevoked('s1', 'u1', 1)).toBe(true)
  expect(await revocations.isRevoked('s2', 'u1', 1)).toBe(false)
  expect(await open().revocations.isRevoked('s1', undefined, 1)).toBe(false)
})

test("a user's sessions are revoked up to the given time, which never decreases", async () => {
  const { revocations } = open()
  await revocations.revokeUser('u1', 1000, Date.now() + minuteMs)
  await revocations.revokeUser('u1', 900, Date.now() + minuteMs)
  const results = [999, 1000, 1001].map((createdAtMs) => revocations.isRevoked('s', 'u1', createdAtMs))
  expect(await Promise.all(results)).toEqual([true, true, false])
  expect(await revocations.isRevoked('s', 'u2', 1)).toBe(false)
  expect(await revocations.isRevoked('s', undefined, 1)).toBe(false)
})

test('a family id is never taken for a user id, nor a user id for a family id (I3)', async () => {
  const { revocations } = open()
  await revocations.revokeSession('x', Date.now() + minuteMs)
  await revocations.revokeUser('s', 1000, Date.now() + minuteMs)
  expect(await revocations.isRevoked('other', 'x', 1)).toBe(false)
  expect(await revocations.isRevoked('s', undefined, 1)).toBe(false)
})

test('keys expire, and a later revocation never shortens an earlier one', async () => {
  const { prefix, revocations } = open()
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  await revocations.revokeSession('s1', Date.now() + 1000)
  await revocations.revokeUser('u1', 1, Date.now() + minuteMs)
  await revocations.revokeUser('u1', 1, Date.now() + 1000)
  const keys = await client.keys(`${prefix}*`)
  expect(keys).toHaveLength(2)
  for (const key of keys) {
    // The key does not contain the user id.
    expect(key).not.toContain('u1')
    const leftMs = await client.pttl(key)
    expect(leftMs).toBeGreaterThan(minuteMs / 2)
    expect(leftMs).toBeLessThanOrEqual(minuteMs)
  }
})

test('E4 without a server every call rejects with Backend', async () => {
  const lost = new Redis({ port: 1, lazyConnect: true, retryStrategy: null })
  lost.on('error', () => {})
  const revocations = redisRevocations({ client: lost, timeoutMs: 500 })
  await expect(revocations.isRevoked('s1', 'u1', 1)).rejects.toMatchObject({ code: 'Backend' })
  await expect(revocations.revokeSession('s1', Date.now() + 1)).rejects.toMatchObject({ code: 'Backend' })
  lost.disconnect()
})

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /^redisRevocations: expected an object/],
  ['no client', {}, /^redisRevocations: option client must be an ioredis Redis or Cluster/],
  ['a prefix with braces', { client, prefix: '{a}' }, /^redisRevocations: option prefix must not contain/],
  ['an unknown option', { client, url: 'redis://x' }, /^redisRevocations: there is no option "url"/],
])('E1 %s: a TypeError', (_what, options, message) => {
  expect(() => redisRevocations(options as RedisRevocationsOptions)).toThrow(message)
})

function sessionsOver(url: string) {
  const own = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null })
  own.on('error', () => {})
  onTestFinished(() => own.disconnect())
  const store = redisRevocations({ client: own, prefix: `test-${randomUUID()}:`, timeoutMs: 500 })
  const secrets = [{ id: 'k1', secret: 'a secret of more than thirty-two bytes' }]
  return cookieSessions({ secrets, revocation: createRevocation({ store, maxTtlMs: 60_000 }) })
}

test('H1 sealed sessions are healthy while Redis answers', async () => {
  expect(await sessionsOver(redisUrl).isHealthy()).toBe(true)
})

test('H1 sealed sessions are not healthy while Redis is down', async () => {
  // Nothing listens on port 1.
  const store = sessionsOver('redis://127.0.0.1:1')
  const id = await store.create({ dataJson: '{}', ttlMs: 1000 })
  await expect(store.read(id)).rejects.toMatchObject({ code: 'Backend' })
  expect(await store.isHealthy()).toBe(false)
})

test('the error for a client instead of options says how to pass it', () => {
  expect(() => redisRevocations(client as never)).toThrow(/did you mean redisRevocations\(\{ client \}\)\?/)
})
