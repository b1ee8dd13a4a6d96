import { readFile } from 'node:fs/promises'
import {
  beginMove,
  leastRedisRights,
  leastRedisRightsInCluster,
  startRedisCluster,
  startRedisSentinel,
  type RedisCluster,
  type RedisProcess,
  type RedisSentinel,
} from '@bext-internal/test-services'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '@bext/session-redis'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { useEverything } from './helpers/use-everything.js'

const credentials = { username: 'app', password: 'secret' }
const clusterPermissions = [...leastRedisRights, ...leastRedisRightsInCluster]

async function grant(servers: readonly RedisProcess[], permissions: readonly string[]): Promise<void> {
  for (const { ask } of servers) {
    await ask('ACL', 'SETUSER', credentials.username, 'reset', 'on', `>${credentials.password}`, ...permissions)
    await ask('ACL', 'LOG', 'RESET')
  }
}

// The store or the driver may hide a rejected command, but the server logs it.
async function rejectedCommands(servers: readonly RedisProcess[]): Promise<string[]> {
  const logs = await Promise.all(servers.map(({ ask }) => ask('ACL', 'LOG')))
  return logs.flatMap((log) => [...log.matchAll(/object\r\n\$\d+\r\n(.*)\r\n/g)].map(([, object = '']) => object))
}

describe('an ACL user of a Cluster', () => {
  let cluster: RedisCluster
  let endMove: () => Promise<void>

  // All slots of a master are half-way through a move, so the client asks the other master for new keys.
  beforeAll(async () => {
    cluster = await startRedisCluster()
    const [from, to] = await cluster.masters()
    if (from === undefined || to === undefined) throw new Error('There are no masters.')
    endMove = await beginMove(from, to)
  })

  afterAll(async () => {
    await endMove?.()
    await cluster?.stop()
  })

  function connect(): Cluster {
    const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = new Cluster(nodes, { redisOptions: credentials })
    client.on('error', () => {})
    return client
  }

  async function rejectedCommandsWith(permissions: readonly string[]): Promise<string[]> {
    await grant(cluster.servers, permissions)
    const client = connect()
    try {
      // The driver reads the slots from any node, so it also connects to replicas once the masters list them. It closes
      // a node that one answer does not list, so the pings are a part of what is awaited.
      const replicas = async (): Promise<unknown> => {
        client.refreshSlotsCache()
        return Promise.all(client.nodes('slave').map((node) => node.ping()))
      }
      await expect.poll(replicas, { timeout: 8000 }).toHaveLength(3)
      await useEverything(client, () =>
        Promise.all(cluster.servers.map(({ ask }) => ask('CLIENT', 'KILL', 'USER', credentials.username))),
      )
      return await rejectedCommands(cluster.servers)
    } catch (error) {
      return [String(error)]
    } finally {
      client.disconnect()
    }
  }

  it('can do everything with the permissions in the README', async () => {
    expect(await rejectedCommandsWith(clusterPermissions)).toEqual([])
  })

  it('the README lists these permissions', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${leastRedisRightsInCluster.join(' ')}\``)
  })

  it('without +asking, calls reject and no rejection is unhandled', async () => {
    await grant(
      cluster.servers,
      clusterPermissions.filter((permission) => permission !== '+asking'),
    )
    const unhandled: unknown[] = []
    const record = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', record)
    const client = connect()
    const store = redisSessions({ client, timeoutMs: 2000 })
    const creates = Array.from({ length: 30 }, () => store.create({ dataJson: '1', ttlMs: 60_000 }))
    const results = await Promise.allSettled(creates)
    const refused = creates.filter((_, n) => results[n]?.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const call of refused) expect(await rejectionOf(call)).toMatchObject({ code: 'Backend' })
    client.disconnect()
    await new Promise(setImmediate)
    process.off('unhandledRejection', record)
    expect(unhandled).toEqual([])
  })

  it.each(leastRedisRightsInCluster)('cannot do everything without %s', async (permission) => {
    expect(await rejectedCommandsWith(clusterPermissions.filter((other) => other !== permission))).not.toEqual([])
  })
})

describe('an ACL user behind Sentinel', () => {
  let sentinel: RedisSentinel

  beforeAll(async () => {
    sentinel = await startRedisSentinel()
  })

  afterAll(async () => {
    await sentinel?.stop()
  })

  it('can do everything with the permissions for a single server', async () => {
    const { servers, sentinels, name } = sentinel
    await grant(servers, leastRedisRights)
    const addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = new Redis({ sentinels: addresses, name, failoverDetector: true, ...credentials })
    client.on('error', () => {})
    await useEverything(client, () =>
      Promise.all(servers.map(({ ask }) => ask('CLIENT', 'KILL', 'USER', credentials.username))),
    )
    expect(await rejectedCommands(servers)).toEqual([])
    client.disconnect()
  })
})
