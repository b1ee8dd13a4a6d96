import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import type { SessionId } from '@bext/session-core'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'
import { startProxy } from '@bext-internal/test-services'
import { expectClosed } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
afterAll(() => namespace.clear())

async function connectionsNamed(name: string): Promise<number> {
  return String(await raw.client('LIST')).split(`name=${name} `).length - 1
}

describe('close', () => {
  it('O3 ends the connection of a store with a URL', async () => {
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

  it('O3 waits for calls in flight', async () => {
    const store = redisSessions({ url: redisUrl, prefix })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    const other = store.create({ userId: 'u', dataJson: '2', ttlMs: 5000 })
    const calls = [store.update(id, '1'), store.touch(id, 5000), other]
    await store.close()
    await Promise.all(calls)
    expect(await redisSessions({ client: raw, prefix }).read(id)).toMatchObject({ dataJson: '1' })
  })

  const ofSeveralSteps: readonly [name: string, call: (store: RedisSessions, id: SessionId) => Promise<unknown>][] = [
    ['read near the expiry', (store, id) => store.read(id)],
    ['touch beyond the index entry', (store, id) => store.touch(id, 31_536_000_000)],
    ['delete', (store, id) => store.delete(id)],
    ['listUserSessions', (store) => store.listUserSessions('closing')],
    ['endUserSessions', (store) => store.endUserSessions('closing')],
  ]

  it.each(ofSeveralSteps)('O3 waits for a call of several steps: %s', async (_, call) => {
    const store = redisSessions({ url: redisUrl, prefix })
    expect(await store.isHealthy()).toBe(true)
    const id = await redisSessions({ client: raw, prefix }).create({ userId: 'closing', dataJson: '{}', ttlMs: 900 })
    await Promise.all([call(store, id), store.close()])
  })

  it('O3 E5 resolves in time, both before the first connection and with a silent server', async () => {
    const proxy = await startProxy(redisUrl)
    await redisSessions({ url: proxy.url }).close()
    const store = redisSessions({ url: proxy.url, prefix, timeoutMs: 500 })
    expect(await store.isHealthy()).toBe(true)
    proxy.stall()
    await store.close()
    await proxy.close()
    expect(await store.isHealthy()).toBe(false)
  })

  it('O3 does not close a given client', async () => {
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
