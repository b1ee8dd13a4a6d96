import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { startProxy } from '@bext-internal/test-services'
import { rejectionOf } from './helpers/rejection.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
afterAll(() => namespace.clear())

async function expectClosed(store: RedisSessions, id: Parameters<RedisSessions['read']>[0]): Promise<void> {
  const calls = [
    store.create({ dataJson: '{}', ttlMs: 1000 }),
    store.read(id),
    store.update(id, '{}'),
    store.updateIfUnchanged(id, '{}', '{}'),
    store.touch(id, 1000),
    store.delete(id),
    store.listUserSessions('u'),
    store.endUserSessions('u'),
  ]
  for (const call of calls) expect(await rejectionOf(call)).toMatchObject({ code: 'Backend', reason: 'closed' })
  expect(await store.isHealthy()).toBe(false)
}

async function connectionsNamed(name: string): Promise<number> {
  return String(await raw.client('LIST')).split(`name=${name} `).length - 1
}

describe('close', () => {
  it('O3 ends the connection of a store that was given a URL', async () => {
    const name = `close-${crypto.randomUUID()}`
    const store = redisSessions({ url: `${redisUrl}?connectionName=${name}`, prefix })
    expect(await connectionsNamed(name)).toBe(0)
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    expect(await connectionsNamed(name)).toBe(1)
    await Promise.all([store.close(), store.close()])
    await store.close()
    await expect.poll(() => connectionsNamed(name)).toBe(0)
    await expectClosed(store, id)
  })

  it('O3 lets calls that are under way end', async () => {
    const store = redisSessions({ url: redisUrl, prefix })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    const other = store.create({ userId: 'u', dataJson: '2', ttlMs: 5000 })
    const calls = [store.update(id, '1'), store.touch(id, 5000), other]
    await store.close()
    await Promise.all(calls)
    expect(await redisSessions({ client: raw, prefix }).read(id)).toMatchObject({ dataJson: '1' })
  })

  it('O3 E5 ends in time, whether it never connected or the server fell silent', async () => {
    const proxy = await startProxy(redisUrl)
    await redisSessions({ url: proxy.url }).close()
    const store = redisSessions({ url: proxy.url, prefix, timeoutMs: 500 })
    expect(await store.isHealthy()).toBe(true)
    proxy.stall()
    await store.close()
    await proxy.close()
    expect(await store.isHealthy()).toBe(false)
  })

  it('O3 leaves a client that was handed over alone', async () => {
    const client = new Redis(redisUrl)
    const store = redisSessions({ client, prefix })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    await store.close()
    await expectClosed(store, id)
    expect(await client.ping()).toBe('PONG')
    expect(await redisSessions({ client, prefix }).read(id)).toMatchObject({ dataJson: '{}' })
    client.disconnect()
  })
})
