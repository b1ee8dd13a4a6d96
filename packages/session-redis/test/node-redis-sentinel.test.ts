import { startRedisSentinel, type RedisSentinel } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRedis, redisRevocations, redisSessions } from '@bext/session-redis'
import { opened, type NodeRedis } from './helpers/node-redis-clients.js'
import { mainVersions } from './helpers/node-redis-versions.js'
import { useEverything } from './helpers/use-everything.js'
import { expectFailover } from './helpers/expect-failover.js'

const timeoutMs = 1000
let servers: RedisSentinel

beforeAll(async () => {
  servers = await startRedisSentinel()
})

afterAll(() => servers?.stop())

function open({ createSentinel }: NodeRedis): ReturnType<typeof opened> {
  const sentinelRootNodes = servers.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
  return opened(createSentinel({ name: servers.name, sentinelRootNodes }))
}

describe.each(mainVersions)('a sentinel of node-redis %s', (_, driver) => {
  it('does everything, also after its connections were broken', async () => {
    const { client, close } = open(driver)
    await useEverything(client, async () => (await servers.master()).ask('CLIENT', 'KILL', 'TYPE', 'normal'))
    const revocations = redisRevocations({ client })
    await revocations.revokeUser('ann', 1000, Date.now() + 60_000)
    expect(await revocations.isRevoked('s', 'ann', 1000)).toBe(true)
    const findings = await diagnoseRedis(client)
    expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
    await close()
  })

  it('E4 E5 H2 after a failover sessions are available, no call was late, and scripts are loaded again', async () => {
    const { client, close } = open(driver)
    const old = await expectFailover(redisSessions({ client, timeoutMs }), servers, timeoutMs)
    await close()
    await old.restart()
    await servers.settled()
  })
})
