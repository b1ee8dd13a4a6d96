import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mintSessionId } from '@bext/session-core/store-helpers'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { startProxy, type Proxy } from '@bext-internal/test-services'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { startLoading, startServer, startUnsavable, type Server } from './helpers/servers.js'

let server: Server
let successor: Server
let proxy: Proxy
let store: RedisSessions

beforeAll(async () => {
  server = await startServer()
  successor = await startServer()
  proxy = await startProxy(server.url)
  store = redisSessions({ url: proxy.url })
})

afterAll(async () => {
  await store?.close()
  await proxy?.close()
  await Promise.all([server?.stop(), successor?.stop()])
})

describe('a server', () => {
  it('L2 without free memory rejects new sessions and longer data, and still extends and ends sessions', async () => {
    const id = await store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })
    await server.raw.config('SET', 'maxmemory', '1')
    const calls = [store.create({ dataJson: '{}', ttlMs: 60_000 }), store.update(id, '"longer"')]
    for (const call of calls) {
      const cause: unknown = expect.any(Error)
      expect(await rejectionOf(call)).toMatchObject({ code: 'Backend', reason: 'full', cause })
    }
    await store.touch(id, 70_000)
    expect(await store.read(id)).toMatchObject({ dataJson: '{}' })
    await store.delete(id)
    expect(await server.raw.dbsize()).toBe(0)
    await server.raw.config('SET', 'maxmemory', '0')
  })

  it('E4 H2 that has become a replica is unavailable, and the store reconnects to the new master', async () => {
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    // Nothing listens on this port, so the server keeps its data.
    await server.raw.replicaof('127.0.0.1', 1)
    proxy.retarget(successor.url)
    expect(await rejectionOf(store.update(id, '[]'))).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    const create = (): Promise<unknown> => store.create({ dataJson: '{}', ttlMs: 60_000 }).catch(() => undefined)
    await expect.poll(create).toBeTypeOf('string')
    expect(await successor.raw.dbsize()).toBe(1)
  })

  it('E4 that lacks replicas is unavailable, and the error says why', async () => {
    await server.raw.replicaof('NO', 'ONE')
    const own = redisSessions({ url: server.url })
    const id = await own.create({ dataJson: '{}', ttlMs: 60_000 })
    await server.raw.config('SET', 'min-replicas-to-write', '1')
    for (const call of [own.update(id, '[]'), own.touch(id, 1000), own.create({ dataJson: '{}', ttlMs: 1000 })]) {
      const error = await rejectionOf(call)
      expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
      expect(error.message).toContain('min-replicas-to-write')
    }
    expect(await own.read(id)).toMatchObject({ dataJson: '{}' })
    await server.raw.config('SET', 'min-replicas-to-write', '0')
    await own.close()
  })

  it('E4 that cannot write to its disk is unavailable, and the error says why', async () => {
    const { client, stop } = await startUnsavable()
    try {
      const error = await rejectionOf(redisSessions({ client }).create({ dataJson: '{}', ttlMs: 1000 }))
      expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
      expect(error.message).toContain('disk')
    } finally {
      await stop()
    }
  })

  it('E4 that is loading its data is unavailable, and the error says why', async () => {
    const { url, stop } = await startLoading()
    const client = new Redis(url, { enableReadyCheck: false })
    client.on('error', () => {})
    try {
      const error = await rejectionOf(redisSessions({ client }).read(mintSessionId()))
      expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
      expect(error.message).toContain('loading')
    } finally {
      client.disconnect()
      await stop()
    }
  })
})
