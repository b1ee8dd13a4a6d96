import { beginMove, startRedisCluster, type RedisCluster } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisRevocations, redisSessions } from '@bext/session-redis'
import { opened, type NodeRedis } from './helpers/node-redis-clients.js'
import { mainVersions } from './helpers/node-redis-versions.js'
import { useEverything } from './helpers/use-everything.js'

const slotsOfFirst = Array.from({ length: 5461 }, (_, n) => String(n))

let servers: RedisCluster

beforeAll(async () => {
  servers = await startRedisCluster()
})

afterAll(() => servers?.stop())

function open({ createCluster }: NodeRedis, options: object = {}): ReturnType<typeof opened> {
  const rootNodes = servers.servers.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` }))
  return opened(createCluster({ rootNodes, ...options }))
}

async function onAllServers(...command: readonly [string, ...string[]]): Promise<void> {
  for (const { ask } of servers.servers) await ask(...command)
}

describe.each(mainVersions)('a cluster of node-redis %s', (_, driver) => {
  it('does everything, also after its connections were broken and the scripts were lost', async () => {
    const { client, close } = open(driver)
    await useEverything(client, async () => {
      await onAllServers('SCRIPT', 'FLUSH')
      await onAllServers('CLIENT', 'KILL', 'TYPE', 'normal')
    })
    const revocations = redisRevocations({ client })
    const names = Array.from({ length: 20 }, (__, n) => `n${n}`)
    await Promise.all(names.map((name) => revocations.revokeUser(name, 1000, Date.now() + 60_000)))
    for (const name of names) expect(await revocations.isRevoked('other', name, 1000)).toBe(true)
    await close()
  })

  it('R6 reads come from masters even if the client reads from replicas, and the doctor checks all nodes', async () => {
    const { client, close } = open(driver, { useReplicas: true })
    const store = redisSessions({ client })
    const ids = await Promise.all(
      Array.from({ length: 30 }, (__, n) => store.create({ userId: 'r', dataJson: String(n), ttlMs: 60_000 })),
    )
    for (let n = 0; n < 3; n++) {
      await Promise.all(
        ids.map(async (id) => {
          await store.update(id, `"${n}"`)
          expect(await store.read(id)).toMatchObject({ dataJson: `"${n}"` })
        }),
      )
    }
    const findings = await diagnoseRedis(client)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    const found = findings.map((finding) => finding.found)
    expect(found).toContain('30 sessions and 30 index entries were checked')
    expect(found.filter((text) => text.startsWith('Redis '))).toHaveLength(3)
    await store.endUserSessions('r')
    expect(await store.listUserSessions('r')).toEqual([])
    await close()
  })

  it('follows slots that are moving', async () => {
    const { client, close } = open(driver)
    const store = redisSessions({ client })
    const create = (): ReturnType<typeof store.create> => store.create({ userId: 'm', dataJson: '1', ttlMs: 60_000 })
    const before = await Promise.all(Array.from({ length: 20 }, create))
    const [from, to] = servers.servers
    if (from === undefined || to === undefined) throw new Error('There are no masters.')
    const endMove = await beginMove(from, to, slotsOfFirst)
    try {
      const during = await Promise.all(Array.from({ length: 40 }, create))
      for (const id of [...before, ...during]) expect(await store.update(id, '2')).toBe(id)
      for (const id of [...before, ...during]) expect(await store.read(id)).toMatchObject({ dataJson: '2' })
    } finally {
      await endMove()
    }
    const endReturn = await beginMove(to, from, slotsOfFirst)
    await endReturn()
    await store.endUserSessions('m')
    expect(await store.listUserSessions('m')).toEqual([])
    await close()
  })
})
