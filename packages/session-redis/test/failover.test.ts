import { startRedisSentinel, type RedisSentinel } from '@bext-internal/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { expectFailover } from './helpers/expect-failover.js'

const timeoutMs = 1000

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
    await expectFailover(store, servers, timeoutMs)
  })
})
