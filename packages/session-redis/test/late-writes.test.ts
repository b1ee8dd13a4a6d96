import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl, type ClientOptions } from './helpers/namespace.js'
import { startProxy, type Proxy } from '@bext-internal/test-services'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const direct = redisSessions({ client: raw, prefix })
afterAll(() => namespace.clear())

// Options that make ioredis queue commands and send them later.
const retryingOptions = { enableOfflineQueue: true, autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null }
const timeoutMs = 800
const patient = { timeout: 15_000 }

let proxy: Proxy
let client: Redis | undefined

beforeEach(async () => {
  proxy = await startProxy(redisUrl)
})

afterEach(async () => {
  client?.disconnect()
  await proxy.close()
})

/** Opens a connected store behind the proxy, and then sets more options of its client. */
async function openThroughProxy(options: ClientOptions = {}): Promise<RedisSessions> {
  client = new Redis(proxy.url, retryingOptions)
  client.on('error', () => {})
  const store = redisSessions({ client, prefix, timeoutMs })
  const id = await direct.create({ userId: 'warm', dataJson: '{}', ttlMs: 60_000 })
  await expect.poll(() => store.isHealthy(), patient).toBe(true)
  await store.update(id, '1')
  await store.updateIfUnchanged(id, '1', '2')
  await store.touch(id, 120_000)
  await store.delete(id)
  Object.assign(client.options, options)
  return store
}

const writes: readonly [name: string, write: (store: RedisSessions, id: SessionId) => Promise<unknown>][] = [
  ['update', (store, id) => store.update(id, '"late"')],
  ['updateIfUnchanged', (store, id) => store.updateIfUnchanged(id, '"first"', '"late"')],
  ['touch', (store, id) => store.touch(id, 3_000_000)],
  ['delete', (store, id) => store.delete(id)],
  ['create', (store) => store.create({ userId: 'late', dataJson: '"late"', ttlMs: 60_000 })],
]

async function stored(): Promise<string> {
  const entries = await namespace.entries()
  const values = await Promise.all(entries.map(async ([key, type]) => (type === 'string' ? raw.get(key) : key)))
  return values.join('\n')
}

describe('a write that was reported as failed', () => {
  it.each(writes)('E2 E5 has no effect after a silent server replies again: %s', async (_, write) => {
    const store = await openThroughProxy()
    const kept = await direct.create({ dataJson: '"first"', ttlMs: 60_000 })
    const ended = await direct.create({ dataJson: '"first"', ttlMs: 60_000 })
    proxy.stall()
    const calls = [write(store, kept), write(store, ended)].map(rejectionOf)
    for (const error of await Promise.all(calls)) expect(error.code).toBe('Backend')
    await direct.delete(ended)
    const before = await stored()
    proxy.release()
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    // The connection keeps the order: whatever was held back has been answered before.
    expect(await stored()).toEqual(before)
    expect(await rejectionOf(direct.read(ended))).toMatchObject({ code: 'NotFound' })
    await direct.delete(kept)
  })

  it.each(writes)(
    'E2 has no effect after the connection was lost and the driver resent everything: %s',
    async (_, write) => {
      const store = await openThroughProxy({ socketTimeout: 100, retryStrategy: () => timeoutMs })
      const kept = await direct.create({ dataJson: '"first"', ttlMs: 60_000 })
      const before = await stored()
      proxy.abandon()
      const error = await rejectionOf(write(store, kept))
      expect(error.code).toBe('Backend')
      await expect.poll(() => store.isHealthy(), patient).toBe(true)
      expect(await stored()).toEqual(before)
      await direct.delete(kept)
    },
  )

  it('E2 is not reported while it could still take effect, even if the driver gives up earlier', async () => {
    const store = await openThroughProxy({ commandTimeout: 50 })
    const id = await direct.create({ dataJson: '"first"', ttlMs: 60_000 })
    proxy.stall()
    const error = await rejectionOf(store.update(id, '"late"'))
    expect(error).toMatchObject({ code: 'Backend', reason: 'timeout', cause: expect.any(Error) as Error })
    proxy.release()
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    expect(await direct.read(id)).toMatchObject({ dataJson: '"first"' })
  })

  it('H2 a connection on which no reply arrives is replaced', async () => {
    const store = redisSessions({ url: proxy.url, prefix, timeoutMs })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    proxy.abandon()
    expect(await store.isHealthy()).toBe(false)
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    expect(await store.read(id)).toMatchObject({ dataJson: '{}' })
    await store.close()
  })
})
