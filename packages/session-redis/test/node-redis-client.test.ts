import { startProxy, startRedisProcess, type Proxy, type RedisProcess } from '@bext-internal/test-services'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisRevocations, redisSessions, type RedisClient } from '@bext/session-redis'
import { openAdapted } from './helpers/adapted.js'
import { opened, type AnyClient } from './helpers/node-redis-clients.js'
import { mainVersions } from './helpers/node-redis-versions.js'
import { useEverything } from './helpers/use-everything.js'

const timeoutMs = 4000
// Well below the deadline, and enough for a busy machine.
const immediateMs = 1500
const patient = { timeout: 15_000 }
const options = { dataJson: '{}', ttlMs: 60_000 }

const [[, current]] = mainVersions

let server: RedisProcess
let proxy: Proxy
let closers: (() => unknown)[] = []

beforeAll(async () => {
  server = await startRedisProcess()
})

afterAll(() => server?.stop())

beforeEach(async () => {
  proxy = await startProxy(server.url)
})

afterEach(async () => {
  for (const close of closers) await close()
  closers = []
  await server.ask('FLUSHALL')
  await proxy.close()
})

function use(client: AnyClient): AnyClient {
  const { close } = opened(client)
  closers.push(close)
  return client
}

function codesOf(client: RedisClient): string[] {
  const codes: string[] = []
  redisSessions({ client, onWarning: ({ code, message }) => codes.push(message.length > 80 ? code : message) })
  return codes
}

function reconnectStrategy(): number {
  return 100
}

describe.each(mainVersions)('node-redis %s', (_, { createClient, createClientPool }) => {
  const kinds: readonly [name: string, open: () => AnyClient][] = [
    ['a client', () => createClient({ url: proxy.url })],
    ['a client without an offline queue', () => createClient({ url: proxy.url, disableOfflineQueue: true })],
    ['a pool', () => createClientPool({ url: proxy.url })],
  ]

  it.each(kinds)('does everything over %s, also after its connections were broken', async (_name, open) => {
    const client = use(open())
    await useEverything(client, async () => proxy.reset())
    const revocations = redisRevocations({ client })
    await revocations.revokeSession('s', Date.now() + 60_000)
    expect(await revocations.isRevoked('s', undefined, 1)).toBe(true)
    const findings = await diagnoseRedis(client)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    expect(findings.map(({ found }) => found)).toContain('0 sessions and 0 index entries were checked')
  })

  it.each(kinds)('E5 H2 rejects immediately over %s while Redis is down, and works again', async (_name, open) => {
    const store = redisSessions({ client: use(open()), timeoutMs })
    const id = await store.create(options)
    await server.kill()
    await rejectionOf(store.read(id))
    const startMs = performance.now()
    const calls = [
      store.read(id),
      store.update(id, '1'),
      store.touch(id, 1000),
      store.delete(id),
      store.create(options),
    ]
    const errors = await Promise.all(calls.map(rejectionOf))
    expect(performance.now() - startMs).toBeLessThan(immediateMs)
    for (const error of errors)
      expect(error).toMatchObject({ reason: 'unavailable', cause: expect.any(Error) as Error })
    await server.restart()
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    expect(await store.read(await store.create(options))).toMatchObject({ dataJson: '{}' })
  })

  it('no call fails when its connection breaks', async () => {
    const store = redisSessions({ client: use(createClient({ url: proxy.url })), timeoutMs })
    const ids = await Promise.all(Array.from({ length: 12 }, () => store.create(options)))
    for (let n = 0; n < 5; n++) {
      const calls = [...ids.map((id) => store.read(id)), ...ids.map((id) => store.update(id, String(n)))]
      proxy.reset()
      expect(await Promise.all(calls)).toHaveLength(24)
    }
  })

  it('a write over a pool whose reply was lost is sent again until the deadline', async () => {
    const store = redisSessions({ client: use(createClientPool({ url: proxy.url })), timeoutMs })
    const id = await store.create(options)
    await store.update(id, '1')
    proxy.stall()
    const update = store.update(id, '2')
    // Lets the pool send it.
    await new Promise((resolve) => setTimeout(resolve, 50))
    proxy.reset()
    // Longer than the attempts of a call that may give up.
    setTimeout(() => proxy.release(), 600)
    expect(await update).toBe(id)
    expect(await store.read(id)).toMatchObject({ dataJson: '2' })
  })

  it('the settings of a client change no reply', async () => {
    const typeMapping = { 36: Buffer, 43: Buffer, 58: String }
    const settings = { commandOptions: { typeMapping }, RESP: 3, database: 0, commandsQueueMaxLength: 1000 }
    const store = redisSessions({ client: use(createClient({ url: proxy.url, ...settings })), timeoutMs })
    const id = await store.create({ userId: 'ann', dataJson: '"ü"', ttlMs: 60_000 })
    expect(await store.read(id)).toMatchObject({ userId: 'ann', dataJson: '"ü"' })
    await store.touch(id, 9_000_000)
    expect(await store.updateIfUnchanged(id, '"ü"', '2')).toEqual({ outcome: 'updated', id })
    expect(await store.listUserSessions('ann')).toHaveLength(1)
    await store.endUserSessions('ann')
    expect(await server.ask('DBSIZE')).toBe(':0\r\n')
  })

  it('a client that was never connected, or is closed, rejects calls at once and tells what to do', async () => {
    const client = createClient({ url: proxy.url })
    client.on('error', () => {})
    const store = redisSessions({ client, timeoutMs: 60_000 })
    const error = await rejectionOf(store.create(options))
    expect(error).toMatchObject({ reason: 'closed', message: expect.stringContaining('connect()') as string })
    await client.connect()
    expect(await store.create(options)).toBeTypeOf('string')
    await client.destroy()
    expect(await rejectionOf(store.create(options))).toMatchObject({ reason: 'closed' })
    expect(await store.isHealthy()).toBe(false)
  })

  it('a broken connection does not end the process if nobody listens to errors', async () => {
    const client = createClient({ url: proxy.url })
    const store = redisSessions({ client, timeoutMs })
    await client.connect()
    closers.push(() => client.destroy())
    const id = await store.create(options)
    proxy.reset()
    await expect.poll(() => store.isHealthy(), patient).toBe(true)
    expect(await store.read(id)).toMatchObject({ dataJson: '{}' })
  })

  it('gets one listener for each event, however many stores and calls use it', async () => {
    const client = use(createClient({ url: proxy.url })) as AnyClient & { listenerCount(event: string): number }
    const stores = Array.from({ length: 30 }, () => redisSessions({ client, timeoutMs }))
    await Promise.all(stores.map((store) => store.create(options)))
    for (const event of ['ready', 'end']) expect(client.listenerCount(event)).toBe(1)
    expect(client.listenerCount('error')).toBe(2)
  })

  it('onWarning is called for the settings of a client', () => {
    const safe = { disableOfflineQueue: true, socket: { socketTimeout: 5000, reconnectStrategy } }
    const settings: readonly [given: object, codes: readonly string[]][] = [
      [safe, []],
      [{}, ['offline-queue', 'no-socket-timeout']],
      [{ ...safe, socket: { socketTimeout: 5000 } }, ['gives-up']],
      [{ ...safe, socket: { socketTimeout: 5000, reconnectStrategy: false } }, ['gives-up']],
    ]
    for (const [given, codes] of settings) {
      const client = createClient(given)
      expect(codesOf(client)).toEqual([...codes, 'no-error-listener'])
      const listened = createClient(given)
      listened.on('error', () => {})
      expect(codesOf(listened)).toEqual(codes)
    }
  })
})

it("I2 node-redis 6 keeps the client's keyPrefix", async () => {
  for (const create of [current.createClient, current.createClientPool]) {
    const client = use(create({ url: proxy.url, keyPrefix: 'app:' }))
    const store = redisSessions({ client, prefix: 's:' })
    const id = await store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })
    const keys = [...(await server.ask('KEYS', '*')).matchAll(/^app:s:/gm)]
    expect(keys).toHaveLength(2)
    const findings = await diagnoseRedis(client, { prefix: 's:' })
    expect(findings.map(({ found }) => found)).toContain('1 sessions and 1 index entries were checked')
    await store.delete(id)
    expect(await server.ask('DBSIZE')).toBe(':0\r\n')
  }
})

it('an adapter of another client does everything, also after its connection was broken', async () => {
  const { client, close } = openAdapted(proxy.url)
  closers.push(close)
  await useEverything(client, async () => proxy.reset())
  const findings = await diagnoseRedis(client)
  expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
  const store = redisSessions({ client, timeoutMs })
  await close()
  expect(await rejectionOf(store.create(options))).toMatchObject({ reason: 'closed' })
})

it('E1 a client of node-redis 4 is refused by name', () => {
  const client = { isOpen: true, isReady: true, sendCommand() {}, on() {} }
  expect(() => redisSessions({ client } as never)).toThrow(/node-redis 4: update the package redis\.$/)
})
