import { startRedisCluster, type RedisCluster } from '@bext-internal/test-services'
import { mintSessionId } from '@bext/session-core'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisRevocations, redisSessions, type RedisSessions } from '@bext/session-redis'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

let servers: RedisCluster
let masters: Redis[]
let cluster: Cluster
let store: RedisSessions

function nodes(): { host: string; port: number }[] {
  return servers.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
}

beforeAll(async () => {
  servers = await startRedisCluster()
  masters = (await servers.masters()).map(({ port }) => new Redis(port))
  cluster = new Cluster(nodes(), { lazyConnect: true })
  store = redisSessions({ client: cluster })
})

afterAll(async () => {
  for (const client of [cluster, ...(masters ?? [])]) client?.disconnect()
  await servers?.stop()
})

async function keyCounts(): Promise<number[]> {
  return Promise.all(masters.map((master) => master.dbsize()))
}

async function flushScripts(): Promise<void> {
  for (const master of masters) await master.script('FLUSH')
}

describe('a Cluster', () => {
  it('stores sessions on all nodes', async () => {
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, n) => store.create({ dataJson: String(n), ttlMs: 60_000 })),
    )
    for (const count of await keyCounts()) expect(count).toBeGreaterThan(0)
    for (const [n, id] of ids.entries()) {
      await store.touch(id, 90_000)
      expect(await store.updateIfUnchanged(id, String(n), '"a"')).toEqual({ outcome: 'updated', id })
      await store.update(id, '"b"')
      const { dataJson, createdAtMs, expiresAtMs } = await store.read(id)
      expect(dataJson).toBe('"b"')
      expect(expiresAtMs - createdAtMs).toBeGreaterThanOrEqual(90_000)
      await store.delete(id)
      expect(await rejectionOf(store.read(id))).toMatchObject({ code: 'NotFound' })
    }
    expect(await keyCounts()).toEqual([0, 0, 0])
    expect(await store.isHealthy()).toBe(true)
  })

  it('creates sessions under given ids on all nodes', async () => {
    const ids = Array.from({ length: 40 }, () => mintSessionId())
    const create = (userId?: string) =>
      Promise.all(ids.map((id) => store.createWithId(id, { userId, dataJson: '{}', ttlMs: 60_000 })))
    expect(await create('ann')).toEqual(ids.map(() => ({ outcome: 'created' })))
    expect(await create('ben')).toEqual(ids.map(() => ({ outcome: 'taken' })))
    expect(await create()).toEqual(ids.map(() => ({ outcome: 'taken' })))
    expect(await store.listUserSessions('ann')).toHaveLength(40)
    expect(await store.listUserSessions('ben')).toEqual([])
    await store.endUserSessions('ann')
    expect(await keyCounts()).toEqual([0, 0, 0])
  })

  it('stores revocations on all nodes, also after a SCRIPT FLUSH', async () => {
    const revocations = redisRevocations({ client: cluster })
    const untilMs = Date.now() + 60_000
    const names = Array.from({ length: 40 }, (_, n) => `n${n}`)
    await Promise.all(names.map((name) => revocations.revokeSession(name, untilMs)))
    await flushScripts()
    await Promise.all(names.map((name) => revocations.revokeUser(name, 1000, untilMs)))
    for (const count of await keyCounts()) expect(count).toBeGreaterThan(0)
    for (const name of names) {
      expect(await revocations.isRevoked(name, undefined, 2000)).toBe(true)
      expect(await revocations.isRevoked('other', name, 1000)).toBe(true)
      expect(await revocations.isRevoked('other', name, 1001)).toBe(false)
    }
    for (const master of masters) await master.flushdb()
  })

  it("O1 lists and ends a user's sessions on all nodes", async () => {
    const ids = await Promise.all(
      Array.from({ length: 40 }, () => store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })),
    )
    await Promise.all(ids.map((id) => store.touch(id, 4_000_000)))
    expect(await store.listUserSessions('u')).toHaveLength(40)
    const [first] = await store.listUserSessions('u')
    await store.endUserSession('u', first?.handle ?? '')
    await store.endUserSessions('u', { except: ids[39] })
    const left = await store.listUserSessions('u')
    expect(left.map(({ handle }) => handle)).not.toContain(first?.handle)
    expect(left.length).toBeLessThanOrEqual(1)
    await store.endUserSessions('u')
    expect(await keyCounts()).toEqual([0, 0, 0])
  })

  it('scripts are sent again after a SCRIPT FLUSH', async () => {
    await flushScripts()
    const id = await store.create({ userId: 'u', dataJson: '1', ttlMs: 60_000 })
    await flushScripts()
    await store.update(id, '2')
    await flushScripts()
    expect(await store.updateIfUnchanged(id, '2', '3')).toMatchObject({ outcome: 'updated' })
    await flushScripts()
    await store.touch(id, 600_000)
    expect(await store.listUserSessions('u')).toHaveLength(1)
    await flushScripts()
    await store.delete(id)
    expect(await keyCounts()).toEqual([0, 0, 0])
  })

  it('concurrent calls are sent to the nodes of their keys, and each gets its own result', async () => {
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, n) => store.create({ dataJson: String(n), ttlMs: 60_000 })),
    )
    const [first, ...others] = ids
    const results = await Promise.all([
      ...others.map((id) => store.read(id).then(({ dataJson }) => dataJson)),
      ...others.map((id) => store.touch(id, 90_000)),
      store.update(first as (typeof ids)[0], '"x"'),
    ])
    expect(results).toEqual([...others.map((_, n) => String(n + 1)), ...others, first])
    await Promise.all(ids.map((id) => store.delete(id)))
    expect(await keyCounts()).toEqual([0, 0, 0])
  })

  it('R6 reads come from masters even if the client reads from replicas', async () => {
    const fromReplicas = new Cluster(nodes(), { scaleReads: 'slave' })
    const other = redisSessions({ client: fromReplicas })
    const replicas = servers.servers.filter(({ port }) => masters.every(({ options }) => options.port !== port))
    // The client reads the slots from any server, so let it become ready before some are paused.
    const id = await other.create({ userId: 'r', dataJson: '1', ttlMs: 60_000 })
    for (const replica of replicas) replica.pause()
    try {
      await Promise.all([other.update(id, '2'), other.read(id)])
      expect(await other.read(id)).toMatchObject({ dataJson: '2' })
      expect(await other.listUserSessions('r')).toHaveLength(1)
      await other.endUserSessions('r')
    } finally {
      for (const replica of replicas) replica.resume()
      fromReplicas.disconnect()
    }
    expect(await keyCounts()).toEqual([0, 0, 0])
    await servers.settled()
  })

  it("with the README's settings, starts and recovers after all connections break", async () => {
    const client = new Cluster(nodes(), { redisOptions: { socketTimeout: 5000 } })
    const other = redisSessions({ client })
    const createMany = (): Promise<unknown[]> =>
      Promise.all(Array.from({ length: 60 }, () => other.create({ userId: 's', dataJson: '1', ttlMs: 60_000 })))
    await createMany()
    for (const { ask } of servers.servers) await ask('CLIENT', 'KILL', 'TYPE', 'normal')
    await createMany()
    expect(await other.listUserSessions('s')).toHaveLength(120)
    await other.endUserSessions('s')
    client.disconnect()
  })

  it('the doctor checks all nodes', async () => {
    await store.create({ userId: 'd', dataJson: '1', ttlMs: 60_000 })
    const findings = await diagnoseRedis(cluster)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    const found = findings.map((finding) => finding.found)
    expect(found).toContain('1 sessions and 1 index entries were checked')
    expect(found).toContain('cluster_state is ok, 16384 of 16384 slots are served')
    expect(found.filter((text) => text.startsWith('Redis '))).toHaveLength(3)
    await store.endUserSessions('d')
  })

  it('O3 close() does not close the client', async () => {
    const other = redisSessions({ client: cluster })
    await other.close()
    expect(await other.isHealthy()).toBe(false)
    expect(await store.isHealthy()).toBe(true)
  })
})
