import { startRedisCluster, type RedisCluster } from '@bext-internal/test-services'
import * as ioredis from 'ioredis'
import * as ioredis510 from 'ioredis-5.10'
import * as ioredis54 from 'ioredis-5.4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisRevocations, redisSessions, type RedisClient } from '@bext/session-redis'
import { openNamespace, redisUrl } from './helpers/namespace.js'

type Client = RedisClient & { disconnect(): void }
interface Driver {
  readonly Redis: new (url: string, options?: object) => Client
  readonly Cluster: new (nodes: readonly object[], options?: object) => Client
}

// The oldest version of the peer range, the last one before 6, and the current one.
const drivers = [
  ['5.4.1', ioredis54],
  ['5.10.1', ioredis510],
  ['6', ioredis],
] as unknown as readonly [version: string, driver: Driver][]

const namespace = openNamespace()
const { prefix } = namespace
let servers: RedisCluster
let nodes: readonly object[]

beforeAll(async () => {
  servers = await startRedisCluster()
  nodes = servers.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
})

afterAll(async () => {
  await namespace.clear()
  await servers?.stop()
})

async function useStore(client: Client): Promise<void> {
  const store = redisSessions({ client, prefix })
  const ids = await Promise.all(
    Array.from({ length: 60 }, (_, n) => store.create({ userId: 'ann', dataJson: String(n), ttlMs: 60_000 })),
  )
  await Promise.all(ids.map((id) => store.touch(id, 600_000)))
  const records = await Promise.all(ids.map((id) => store.read(id)))
  expect(records.map(({ dataJson }) => dataJson)).toEqual(ids.map((_, n) => String(n)))
  expect(await store.listUserSessions('ann')).toHaveLength(60)
  await store.endUserSessions('ann')
  expect(await store.listUserSessions('ann')).toEqual([])
}

describe.each(drivers)('ioredis %s', (_, { Redis, Cluster }) => {
  it('handles concurrent calls on a single server, also with automatic pipelining', async () => {
    const clients = [new Redis(redisUrl), new Redis(redisUrl, { enableAutoPipelining: true })]
    for (const client of clients) {
      await useStore(client)
      client.disconnect()
    }
  })

  it('handles concurrent calls in a Cluster', async () => {
    const client = new Cluster(nodes)
    await useStore(client)
    client.disconnect()
  })

  it('E4 the store and the doctor reject a Cluster with automatic pipelining', async () => {
    const client = new Cluster(nodes, { enableAutoPipelining: true })
    for (const factory of [redisSessions, redisRevocations]) {
      expect(() => factory({ client })).toThrow(TypeError)
      expect(() => factory({ client })).toThrow(
        /: option client is a Cluster with enableAutoPipelining, .* separate Cluster/,
      )
    }
    const findings = await diagnoseRedis(client)
    const found = findings.filter(({ subject }) => subject === 'client')
    expect(found).toMatchObject([{ level: 'problem', found: 'enableAutoPipelining is on for a Cluster' }])
    client.disconnect()
  })
})
