import { startProxy, startRedisProcess, type Proxy, type RedisProcess } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import type { ClientOptions } from './helpers/namespace.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const timeoutMs = 4000
// Well below the deadline, and enough for a busy machine.
const immediateMs = 1500
const patient = { timeout: 15_000 }
const options = { dataJson: '{}', ttlMs: 60_000 }

let server: RedisProcess
let proxy: Proxy
let opened: { disconnect(): void }[] = []

beforeAll(async () => {
  server = await startRedisProcess()
})

afterAll(async () => {
  await server?.stop()
})

beforeEach(async () => {
  proxy = await startProxy(server.url)
})

afterEach(async () => {
  for (const client of opened) client.disconnect()
  opened = []
  await proxy.close()
})

const safe: ClientOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
}

function connect(clientOptions: ClientOptions = {}): Redis {
  const client = new Redis(proxy.url, clientOptions) as Redis
  client.on('error', () => {})
  opened.push(client)
  return client
}

const stores: readonly [name: string, open: () => RedisSessions][] = [
  ['a URL', () => redisSessions({ url: proxy.url, timeoutMs })],
  ['a default client', () => redisSessions({ client: connect(), timeoutMs })],
  ['a safe client', () => redisSessions({ client: connect(safe), timeoutMs })],
]

describe.each(stores)('a store over %s', (_, open) => {
  it('E5 H2 rejects immediately while Redis is down, and works again when it is back', async () => {
    const store = open()
    const id = await store.create(options)
    await server.kill()
    // The driver ends the command that was sent before it noticed the lost connection.
    await rejectionOf(store.read(id))
    const calls = [
      store.read(id),
      store.update(id, '1'),
      store.touch(id, 1000),
      store.delete(id),
      store.create(options),
    ]
    const startMs = performance.now()
    const errors = await Promise.all(calls.map(rejectionOf))
    expect(performance.now() - startMs).toBeLessThan(immediateMs)
    for (const error of errors)
      expect(error).toMatchObject({ reason: 'unavailable', cause: expect.any(Error) as Error })
    await server.restart()
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    expect(await store.read(await store.create(options))).toMatchObject({ dataJson: '{}' })
    await store.close()
  })

  it('waits for the next connection after a short interruption', async () => {
    const store = open()
    const ids = await Promise.all(Array.from({ length: 12 }, () => store.create(options)))
    for (let n = 0; n < 5; n++) {
      const calls = [...ids.map((id) => store.read(id)), ...ids.map((id) => store.update(id, String(n)))]
      proxy.reset()
      expect(await Promise.all(calls)).toHaveLength(24)
    }
    await store.close()
  })
})

const notResending: readonly [name: string, open: () => RedisSessions][] = [
  ['a URL', () => redisSessions({ url: proxy.url, timeoutMs: 20_000 })],
  ['a safe client', () => redisSessions({ client: connect(safe), timeoutMs: 20_000 })],
]

it.each(notResending)('a store over %s sends a write without a reply again once Redis is back', async (_, open) => {
  const store = open()
  const id = await store.create(options)
  server.pause()
  const created = store.create(options)
  await server.kill()
  // An attempt to connect has failed, so other calls do not wait.
  await expect.poll(() => rejectionOf(store.read(id)), patient).toMatchObject({ reason: 'unavailable' })
  await server.restart()
  expect(await created).toBeTypeOf('string')
  await store.close()
})

it('E5 a store rejects immediately if its first attempt to connect fails', async () => {
  // Nothing listens on this port.
  const store = redisSessions({ url: 'redis://127.0.0.1:1', timeoutMs })
  const startMs = performance.now()
  const errors = await Promise.all([store.create(options), store.create(options)].map(rejectionOf))
  expect(performance.now() - startMs).toBeLessThan(immediateMs)
  for (const error of errors) expect(error).toMatchObject({ reason: 'unavailable', cause: { code: 'ECONNREFUSED' } })
  await store.close()
})

describe('a given client', () => {
  it('E2 E5 gets writes again that it never sent', async () => {
    const client = connect(safe)
    const store = redisSessions({ client, timeoutMs })
    const id = await store.create(options)
    for (let n = 0; n < 15; n++) {
      // The status is still "ready", but ioredis rejects all commands.
      client.stream.destroy()
      expect(client.status).toBe('ready')
      await Promise.all([store.update(id, String(n)), store.touch(id, 60_000 + n), store.create(options)])
      expect(await store.read(id)).toMatchObject({ dataJson: String(n) })
    }
  })

  it('E5 is not waited for after it has been connecting for the deadline of a call', async () => {
    proxy.stall()
    const deadlineMs = 1000
    const store = redisSessions({ client: connect(), timeoutMs: deadlineMs })
    await rejectionOf(store.create(options))
    const startMs = performance.now()
    const patientStore = redisSessions({ client: connect(), timeoutMs: 60_000 })
    const errors = await Promise.all(Array.from({ length: 20 }, () => rejectionOf(store.create(options))))
    expect(performance.now() - startMs).toBeLessThan(deadlineMs)
    for (const error of errors) expect(error).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    const waits = patientStore.create(options)
    proxy.release()
    expect(await waits).toBeTypeOf('string')
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
  })

  it('that ended during an outage can be connected again', async () => {
    const client = connect({ retryStrategy: () => null })
    const store = redisSessions({ client, timeoutMs })
    const id = await store.create(options)
    await server.kill()
    await expect.poll(() => client.status).toBe('end')
    expect(await rejectionOf(store.read(id))).toMatchObject({ reason: 'closed' })
    await server.restart()
    client.connect().catch(() => {})
    expect(await store.create(options)).toBeTypeOf('string')
  })

  it('gets one listener for each event, however many stores and calls use it', async () => {
    const client = connect({ lazyConnect: true })
    const stored = Array.from({ length: 30 }, () => redisSessions({ client, timeoutMs }))
    await Promise.all(stored.map((store) => store.create(options)))
    for (const event of ['ready', 'close', 'end']) expect(client.listenerCount(event)).toBe(1)
  })

  it('causes no warning of Node while thirty stores wait for it', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listener)
    proxy.stall()
    const client = connect()
    const stored = Array.from({ length: 30 }, () => redisSessions({ client, timeoutMs: 200 }))
    await Promise.all(stored.map((store) => rejectionOf(store.create(options))))
    process.off('warning', listener)
    expect(warnings).toEqual([])
  })
})
