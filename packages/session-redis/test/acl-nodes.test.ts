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
import { rejectionOf } from './helpers/rejection.js'
import { useEverything } from './helpers/use-everything.js'

const credentials = { username: 'app', password: 'secret' }
const rightsInCluster = [...leastRedisRights, ...leastRedisRightsInCluster]

async function grant(servers: readonly RedisProcess[], rights: readonly string[]): Promise<void> {
  for (const { ask } of servers) {
    await ask('ACL', 'SETUSER', credentials.username, 'reset', 'on', `>${credentials.password}`, ...rights)
    await ask('ACL', 'LOG', 'RESET')
  }
}

// Answers that the store or the driver makes up for would still fill a server's log of refusals.
async function refusalsOf(servers: readonly RedisProcess[]): Promise<string[]> {
  const logs = await Promise.all(servers.map(({ ask }) => ask('ACL', 'LOG')))
  return logs.flatMap((log) => [...log.matchAll(/object\r\n\$\d+\r\n(.*)\r\n/g)].map(([, object = '']) => object))
}

describe('an ACL user of a Cluster', () => {
  let cluster: RedisCluster
  let endMove: () => Promise<void>

  // Half-way through the move of all slots of a master: new keys are asked for at the other one.
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

  async function refusalsWith(rights: readonly string[]): Promise<string[]> {
    await grant(cluster.servers, rights)
    const client = connect()
    try {
      // The driver asks any node for the slots, so it connects to replicas too, once the masters name them.
      const replicas = (): unknown => {
        client.refreshSlotsCache()
        return client.nodes('slave')
      }
      await expect.poll(replicas, { timeout: 8000 }).toHaveLength(3)
      await Promise.all(client.nodes('slave').map((node) => node.ping()))
      await useEverything(client, () =>
        Promise.all(cluster.servers.map(({ ask }) => ask('CLIENT', 'KILL', 'USER', credentials.username))),
      )
      return await refusalsOf(cluster.servers)
    } catch (error) {
      return [String(error)]
    } finally {
      client.disconnect()
    }
  }

  it('needs no more than what the README names', async () => {
    expect(await refusalsWith(rightsInCluster)).toEqual([])
  })

  it('is what the README describes', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`\`${leastRedisRightsInCluster.join(' ')}\``)
  })

  it('without the right to ask gets errors, and no rejection is unhandled', async () => {
    await grant(
      cluster.servers,
      rightsInCluster.filter((right) => right !== '+asking'),
    )
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const client = connect()
    const store = redisSessions({ client, timeoutMs: 2000 })
    const creates = Array.from({ length: 30 }, () => store.create({ dataJson: '1', ttlMs: 60_000 }))
    const results = await Promise.allSettled(creates)
    const refused = creates.filter((_, n) => results[n]?.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const call of refused) expect(await rejectionOf(call)).toMatchObject({ code: 'Backend' })
    client.disconnect()
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it.each(leastRedisRightsInCluster)('needs %s', async (right) => {
    expect(await refusalsWith(rightsInCluster.filter((other) => other !== right))).not.toEqual([])
  })
})

describe('an ACL user of a server that Sentinels watch', () => {
  let sentinel: RedisSentinel

  beforeAll(async () => {
    sentinel = await startRedisSentinel()
  })

  afterAll(async () => {
    await sentinel?.stop()
  })

  it('needs no more than on a single server', async () => {
    const { servers, sentinels, name } = sentinel
    await grant(servers, leastRedisRights)
    const addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = new Redis({ sentinels: addresses, name, failoverDetector: true, ...credentials })
    client.on('error', () => {})
    await useEverything(client, () =>
      Promise.all(servers.map(({ ask }) => ask('CLIENT', 'KILL', 'USER', credentials.username))),
    )
    expect(await refusalsOf(servers)).toEqual([])
    client.disconnect()
  })
})
