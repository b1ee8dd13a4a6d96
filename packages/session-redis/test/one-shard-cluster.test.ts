import type { RedisProcess } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisSessions } from '@bext/session-redis'
import { startOneShardCluster } from './helpers/one-shard-cluster.js'
import { recordClient } from './helpers/recording-client.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

let server: RedisProcess
let redis: Redis

beforeAll(async () => {
  server = await startOneShardCluster()
  redis = new Redis(server.url)
})

afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

describe('a Cluster of one shard behind a client for a single server', () => {
  it('gets one key per command after it has rejected several', async () => {
    const client = recordClient(redis)
    const store = redisSessions({ client })
    const create = (n: number): ReturnType<typeof store.create> =>
      store.create({ userId: 'ann', dataJson: String(n), ttlMs: 60_000 })
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => create(n)))
    const records = await Promise.all(ids.map((id) => store.read(id)))
    expect(records.map(({ dataJson }) => dataJson)).toEqual(ids.map((_, n) => String(n)))
    client.commands.length = 0
    await Promise.all([...ids.map((id) => store.update(id, '"new"')), ...ids.map((id) => store.read(id))])
    expect(client.commands.filter((command) => !command.endsWith(' 1'))).toEqual([])
  })

  it('gives each call of a rejected command its own result', async () => {
    const store = redisSessions({ url: server.url })
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.create({ dataJson: String(n), ttlMs: 60_000 })),
    )
    const [gone, ...kept] = ids as [(typeof ids)[0], ...typeof ids]
    await store.delete(gone)
    const other = redisSessions({ url: server.url })
    const calls = [rejectionOf(other.update(gone, '1')), ...kept.map((id) => other.update(id, '"b"'))]
    const [rejected, ...updated] = await Promise.all(calls)
    expect(rejected).toMatchObject({ code: 'NotFound' })
    expect(updated).toEqual(kept)
    await Promise.all([store.close(), other.close()])
  })

  it("O1 ends all of a user's sessions, also as the first command with several keys", async () => {
    const store = redisSessions({ url: server.url })
    for (let n = 0; n < 5; n++) await store.create({ userId: 'ben', dataJson: '{}', ttlMs: 60_000 })
    await store.endUserSessions('ben')
    expect(await store.listUserSessions('ben')).toEqual([])
    await store.close()
  })

  it("O1 O5 lists a user's sessions, also as the first command with several keys", async () => {
    const store = redisSessions({ url: server.url })
    for (const n of [1, 2, 3]) await store.create({ userId: 'eve', dataJson: String(n), ttlMs: 60_000 })
    expect(await store.listUserSessions('eve')).toHaveLength(3)
    const other = redisSessions({ url: server.url })
    const listed = await other.listUserRecords('eve')
    // In any order, because they may be of one millisecond.
    expect(new Set(listed.map(({ dataJson }) => dataJson))).toEqual(new Set(['1', '2', '3']))
    expect(listed).toHaveLength(3)
    await Promise.all([store.close(), other.close()])
  })

  it('is not a problem to the doctor', async () => {
    const findings = await diagnoseRedis(redis)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
  })
})
