import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'
import { openNamespace, redisUrl, type ClientOptions } from './helpers/namespace.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const clients: Redis<'legacy' | 'resp3'>[] = []

// Nothing listens on this port.
const deadUrl = 'redis://127.0.0.1:1'

function connect(options: ClientOptions, url = redisUrl): Redis<'legacy' | 'resp3'> {
  const client = new Redis(url, options)
  client.on('error', () => {})
  clients.push(client)
  return client
}

afterAll(async () => {
  for (const client of clients) client.disconnect()
  await namespace.clear()
})

async function warningsDuring(work: () => Promise<void>): Promise<Error[]> {
  const warnings: Error[] = []
  const listener = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listener)
  try {
    await work()
    // Warnings are emitted after the tick that caused them.
    await new Promise(setImmediate)
  } finally {
    process.off('warning', listener)
  }
  return warnings
}

describe('a given client', () => {
  it('with lazyConnect is connected by the first call', async () => {
    const store = redisSessions({ client: connect({ lazyConnect: true }), prefix })
    const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
    expect(await store.read(id)).toMatchObject({ dataJson: '{}' })
  })

  it('H1 E5 that has ended rejects calls immediately, and works after it is connected again', async () => {
    const client = connect({ lazyConnect: true })
    const store = redisSessions({ client, prefix, timeoutMs: 60_000 })
    client.disconnect()
    await expect.poll(() => client.status).toBe('end')
    const error = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 60_000 }))
    expect(error).toMatchObject({ code: 'Backend', reason: 'closed' })
    expect(await store.isHealthy()).toBe(false)
    await client.connect()
    expect(await store.isHealthy()).toBe(true)
  })

  it('that ends while calls wait for it rejects them', async () => {
    const client = connect({ lazyConnect: true, retryStrategy: () => null }, deadUrl)
    const store = redisSessions({ client, prefix, timeoutMs: 60_000 })
    const call = rejectionOf(store.create({ dataJson: '{}', ttlMs: 60_000 }))
    expect(await call).toMatchObject({ code: 'Backend', reason: 'closed' })
  })

  it('I2 keeps its keyPrefix', async () => {
    const store = redisSessions({ client: connect({ keyPrefix: `${prefix}app:` }), prefix: 's:' })
    const id = await store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })
    const keys = (await namespace.entries()).map(([key]) => key).filter((key) => key.startsWith(`${prefix}app:s:`))
    expect(keys).toHaveLength(2)
    expect(await store.listUserSessions('u')).toHaveLength(1)
    await store.delete(id)
    expect(await raw.exists(keys)).toBe(0)
  })

  const settings: ClientOptions[] = [
    { stringNumbers: true },
    { enableAutoPipelining: true },
    { replyMapping: 'resp3' },
    { protocol: 2 },
  ]

  it.each(settings)('works with %j', async (options) => {
    const store = redisSessions({ client: connect(options), prefix })
    const ids = await Promise.all(
      [1, 2, 3].map((n) => store.create({ userId: JSON.stringify(options), dataJson: `${n}`, ttlMs: 60_000 })),
    )
    for (const id of ids) {
      await store.touch(id, 999_999)
      await store.update(id, '"new"')
      expect(await store.updateIfUnchanged(id, '"new"', '"newer"')).toEqual({ outcome: 'updated', id })
      expect(await store.read(id)).toMatchObject({ dataJson: '"newer"', createdAtMs: expect.any(Number) as number })
    }
    await store.endUserSessions(JSON.stringify(options), { except: ids[0] })
    expect(await store.listUserSessions(JSON.stringify(options))).toHaveLength(1)
    expect(await store.isHealthy()).toBe(true)
  })

  it('a thousand calls waiting for a connection cause no warning and add no listener', async () => {
    const client = connect({ lazyConnect: true })
    const store = redisSessions({ client, prefix, timeoutMs: 20_000 })
    const listeners = client.listenerCount('end')
    const warnings = await warningsDuring(async () => {
      const ids = await Promise.all(Array.from({ length: 1000 }, () => store.create({ dataJson: '{}', ttlMs: 60_000 })))
      expect(new Set(ids).size).toBe(1000)
    })
    expect(warnings).toEqual([])
    expect(client.listenerCount('end')).toBe(listeners)
  })

  it('E3 E5 a thousand calls without a server reject in time with a cause, and add no listener', async () => {
    const client = connect({ lazyConnect: true, maxRetriesPerRequest: null }, deadUrl)
    const store = redisSessions({ client, prefix, timeoutMs: 200 })
    const listeners = client.listenerCount('end')
    const id = 'A'.repeat(43) as Parameters<typeof store.read>[0]
    const warnings = await warningsDuring(async () => {
      const errors = await Promise.all(Array.from({ length: 1000 }, () => rejectionOf(store.read(id))))
      expect(errors[0]).toMatchObject({ code: 'Backend', reason: 'unavailable', cause: expect.any(Error) as Error })
      expect(errors.every(({ reason }) => reason === 'unavailable' || reason === 'timeout')).toBe(true)
    })
    expect(warnings).toEqual([])
    expect(client.listenerCount('end')).toBe(listeners)
  })

  it('E3 the first write without a server rejects with the cause, although it reads the time first', async () => {
    const store = redisSessions({ url: deadUrl, prefix, timeoutMs: 1000 })
    const error = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 60_000 }))
    expect(error).toMatchObject({ reason: 'unavailable', cause: { code: 'ECONNREFUSED' } })
    await store.close()
  })
})
