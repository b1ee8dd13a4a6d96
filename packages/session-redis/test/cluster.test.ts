import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { rejectionOf } from './lib/rejection.js'
import { startCluster, type ClusterServers } from './lib/servers.js'

let servers: ClusterServers
let cluster: Cluster
let store: RedisSessions

beforeAll(async () => {
  servers = await startCluster()
  const nodes = servers.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  cluster = new Cluster(nodes, { lazyConnect: true })
  store = redisSessions({ client: cluster })
})

afterAll(async () => {
  cluster?.disconnect()
  await servers?.stop()
})

async function keyCounts(): Promise<number[]> {
  return Promise.all(servers.servers.map(({ raw }) => raw.dbsize()))
}

async function flushScripts(): Promise<void> {
  for (const { raw } of servers.servers) await raw.script('FLUSH')
}

describe('a Cluster', () => {
  it('keeps sessions, spread over its nodes', async () => {
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

  it('lost scripts are sent again', async () => {
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

  it('O3 is left open by close()', async () => {
    const other = redisSessions({ client: cluster })
    await other.close()
    expect(await other.isHealthy()).toBe(false)
    expect(await store.isHealthy()).toBe(true)
  })
})
