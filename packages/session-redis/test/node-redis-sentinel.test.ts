import { startRedisSentinel, type RedisSentinel } from '@bext-internal/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSessionError } from '@bext/session-core'
import { diagnoseRedis, redisRevocations, redisSessions } from '@bext/session-redis'
import { opened, type NodeRedis } from './helpers/node-redis-clients.js'
import { mainVersions } from './helpers/node-redis-versions.js'
import { useEverything } from './helpers/use-everything.js'
import { untilReplicated } from './helpers/until-replicated.js'

const timeoutMs = 1000
// Extra time for a busy machine.
const allowanceMs = 1000
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
    const store = redisSessions({ client, timeoutMs })
    const id = await store.create({ userId: 'u', dataJson: '1', ttlMs: 600_000 })
    await store.update(id, '2')
    const old = await servers.settled()
    // The replica has these writes. Only writes that were not replicated yet may be lost.
    await untilReplicated(old)

    await old.kill()
    const slowest = { ms: 0 }
    const codes = new Set<string>()
    const update = async (): Promise<boolean> => {
      const startMs = performance.now()
      try {
        await store.update(id, '3')
        return true
      } catch (error) {
        codes.add(isSessionError(error) ? error.code : String(error))
        return false
      } finally {
        slowest.ms = Math.max(slowest.ms, performance.now() - startMs)
      }
    }
    await expect.poll(update, { timeout: 30_000 }).toBe(true)
    expect([...codes]).toEqual(['Backend'])
    expect(slowest.ms).toBeLessThan(timeoutMs + allowanceMs)
    expect(await servers.master()).not.toBe(old)
    expect(await store.read(id)).toMatchObject({ dataJson: '3', userId: 'u' })
    await store.endUserSessions('u')
    expect(await store.isHealthy()).toBe(true)
    await close()
    await old.restart()
    await servers.settled()
  })
})
