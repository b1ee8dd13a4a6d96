import { randomUUID } from 'node:crypto'
import { redisRevocations, type RedisRevocationsOptions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { redisUrl } from './helpers/namespace.js'

const client = new Redis(redisUrl)
afterAll(() => client.disconnect())

const minuteMs = 60_000

function open() {
  const prefix = `test-${randomUUID()}:`
  return { prefix, revocations: redisRevocations({ client, prefix }) }
}

test('a revoked session is revoked, whatever its user, and no other', async () => {
  const { revocations } = open()
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  expect(await revocations.isRevoked('s1', undefined, 1)).toBe(true)
  expect(await revocations.isRevoked('s1', 'u1', 1)).toBe(true)
  expect(await revocations.isRevoked('s2', 'u1', 1)).toBe(false)
  expect(await open().revocations.isRevoked('s1', undefined, 1)).toBe(false)
})

test("a user's sessions are revoked up to the time that is given, and it never goes back", async () => {
  const { revocations } = open()
  await revocations.revokeUser('u1', 1000, Date.now() + minuteMs)
  await revocations.revokeUser('u1', 900, Date.now() + minuteMs)
  const answers = [999, 1000, 1001].map((createdAtMs) => revocations.isRevoked('s', 'u1', createdAtMs))
  expect(await Promise.all(answers)).toEqual([true, true, false])
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

test('keys expire by themselves, and none sooner than it was ever to be kept', async () => {
  const { prefix, revocations } = open()
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  await revocations.revokeSession('s1', Date.now() + 1000)
  await revocations.revokeUser('u1', 1, Date.now() + minuteMs)
  await revocations.revokeUser('u1', 1, Date.now() + 1000)
  const keys = await client.keys(`${prefix}*`)
  expect(keys).toHaveLength(2)
  for (const key of keys) {
    // What names a user is not in the key.
    expect(key).not.toContain('u1')
    const leftMs = await client.pttl(key)
    expect(leftMs).toBeGreaterThan(minuteMs / 2)
    expect(leftMs).toBeLessThanOrEqual(minuteMs)
  }
})

test('where there is no server, the answer is Backend (E4)', async () => {
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
  ['a prefix with braces', { client, prefix: '{a}' }, /^redisRevocations: option prefix must not hold/],
  ['an unknown option', { client, url: 'redis://x' }, /^redisRevocations: there is no option "url"/],
])('%s: a TypeError (E1)', (_what, options, message) => {
  expect(() => redisRevocations(options as RedisRevocationsOptions)).toThrow(message)
})
