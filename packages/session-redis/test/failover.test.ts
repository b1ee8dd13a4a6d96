import { startRedisSentinel, type RedisSentinel } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSessionError } from '@bext/session-core'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { untilReplicated } from './helpers/until-replicated.js'

const timeoutMs = 1000
// Extra time for a busy machine.
const allowanceMs = 1000

let servers: RedisSentinel
let client: Redis
let store: RedisSessions

beforeAll(async () => {
  servers = await startRedisSentinel()
  const sentinels = servers.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
  client = new Redis({ sentinels, name: servers.name })
  client.on('error', () => {})
  store = redisSessions({ client, timeoutMs })
})

afterAll(async () => {
  client?.disconnect()
  await servers?.stop()
})

describe('a master behind Sentinel', () => {
  it("the README's client switches to the new master of a planned failover immediately", async () => {
    const sentinels = servers.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const detecting = new Redis({ sentinels, name: servers.name, failoverDetector: true })
    detecting.on('error', () => {})
    const other = redisSessions({ client: detecting, timeoutMs })
    const id = await other.create({ dataJson: '1', ttlMs: 600_000 })
    const old = await servers.settled()
    await servers.sentinels[0]?.ask('SENTINEL', 'FAILOVER', servers.name)
    const failedOver = async (): Promise<boolean> => (await servers.master()) !== old
    await expect.poll(failedOver, { timeout: 30_000 }).toBe(true)
    // The old master remains a master for ten seconds, and accepts writes that will be lost.
    await expect.poll(() => detecting.stream.remotePort, { timeout: 5000 }).not.toBe(old.port)
    await expect.poll(() => other.update(id, '2').catch(() => 'failed'), { timeout: 5000 }).toBe(id)
    expect(await (await servers.master()).ask('DBSIZE')).toBe(':1\r\n')
    await other.delete(id)
    detecting.disconnect()
    await servers.settled()
  })

  it('E4 E5 H2 after a failover sessions are available, no call was late, and scripts are loaded again', async () => {
    const id = await store.create({ userId: 'u', dataJson: '1', ttlMs: 600_000 })
    await store.update(id, '2')
    const old = await servers.master()
    // Only writes that were not replicated yet may be lost.
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
    // The new master does not have the script.
    await expect.poll(update, { timeout: 30_000 }).toBe(true)
    expect([...codes]).toEqual(['Backend'])
    expect(slowest.ms).toBeLessThan(timeoutMs + allowanceMs)
    expect(await servers.master()).not.toBe(old)
    expect(await store.read(id)).toMatchObject({ dataJson: '3', userId: 'u' })
    expect(await store.listUserSessions('u')).toHaveLength(1)
    await store.endUserSessions('u')
    expect(await store.isHealthy()).toBe(true)
  })
})
