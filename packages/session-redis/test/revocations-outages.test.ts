import { startProxy, startRedisProcess, type Proxy, type RedisProcess } from '@bext-internal/test-services'
import { redisRevocations } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const minuteMs = 60_000
const timeoutMs = 300
const allowanceMs = 1000

let server: RedisProcess
let proxy: Proxy
let client: Redis
let raw: Redis

beforeEach(async () => {
  server = await startRedisProcess()
  proxy = await startProxy(server.url)
  client = new Redis(proxy.url)
  raw = new Redis(server.url)
  for (const each of [client, raw]) each.on('error', () => {})
})

afterEach(async () => {
  for (const each of [client, raw]) each.disconnect()
  await proxy.close()
  await server.stop()
})

test('E2 E4 E5 while the server is silent every call rejects in time, and no revocation takes effect later', async () => {
  const revocations = redisRevocations({ client, timeoutMs })
  await revocations.revokeSession('before', Date.now() + minuteMs)
  proxy.stall()
  const startedAtMs = performance.now()
  const calls = [
    revocations.isRevoked('before', 'u1', 1),
    revocations.revokeSession('late', Date.now() + minuteMs),
    revocations.revokeUser('u1', Date.now(), Date.now() + minuteMs),
  ]
  for (const call of calls) expect(await rejectionOf(call)).toMatchObject({ code: 'Backend', reason: 'timeout' })
  expect(performance.now() - startedAtMs).toBeLessThan(timeoutMs + allowanceMs)

  proxy.release()
  expect(await revocations.isRevoked('before', undefined, 1)).toBe(true)
  expect(await revocations.isRevoked('late', 'u1', 1)).toBe(false)
  expect(await raw.dbsize()).toBe(1)
})

test('E4 H2 a broken connection never gives a wrong answer, and the next connection works', async () => {
  const revocations = redisRevocations({ client, timeoutMs })
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  proxy.stall()
  const asked = revocations.isRevoked('s1', undefined, 1)
  proxy.reset()
  proxy.release()
  // The driver resends the read on a new connection, or gives up.
  expect(await asked.catch((error: { code: string }) => error.code)).toBeOneOf([true, 'Backend'])
  await expect.poll(() => revocations.isRevoked('s1', undefined, 1).catch(() => undefined)).toBe(true)
})

test('scripts are sent again after a SCRIPT FLUSH and after a restart', async () => {
  const revocations = redisRevocations({ client })
  await revocations.revokeSession('s1', Date.now() + minuteMs)
  await raw.script('FLUSH')
  await revocations.revokeSession('s2', Date.now() + minuteMs)
  expect(await revocations.isRevoked('s2', undefined, 1)).toBe(true)

  await server.kill()
  expect(await rejectionOf(redisRevocations({ client, timeoutMs }).isRevoked('s1', 'u1', 1))).toMatchObject({
    code: 'Backend',
  })
  await server.restart()
  await expect.poll(() => revocations.isRevoked('s3', undefined, 1).catch(() => undefined)).toBe(false)
  await revocations.revokeUser('u1', 1000, Date.now() + minuteMs)
  expect(await revocations.isRevoked('s3', 'u1', 1000)).toBe(true)
})
