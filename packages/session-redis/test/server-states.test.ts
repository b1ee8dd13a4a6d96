import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { startProxy, type Proxy } from '@bext-internal/test-services'
import { rejectionOf } from './lib/rejection.js'
import { startServer, type Server } from './lib/servers.js'

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
  it('without memory left is full for new sessions and longer data, and still extends and ends sessions', async () => {
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

  it('E4 H2 that has become a replica is unavailable, and left for the one that its address leads to', async () => {
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    // Nobody listens there, so that it keeps what it has.
    await server.raw.replicaof('127.0.0.1', 1)
    proxy.retarget(successor.url)
    expect(await rejectionOf(store.update(id, '[]'))).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    const create = (): Promise<unknown> => store.create({ dataJson: '{}', ttlMs: 60_000 }).catch(() => undefined)
    await expect.poll(create).toBeTypeOf('string')
    expect(await successor.raw.dbsize()).toBe(1)
  })
})
