import type { RedisProcess, RedisSentinel } from '@bext-internal/test-services'
import { isSessionError } from '@bext/session-core'
import type { RedisSessions } from '@bext/session-redis'
import { expect } from 'vitest'

// Extra time for a busy machine.
const allowanceMs = 1000

// WAIT does not tell: it counts only writes of the connection that sends it.
async function untilReplicated(master: RedisProcess): Promise<void> {
  const isReplicated = async (): Promise<boolean> => {
    const info = await master.ask('INFO', 'replication')
    const [, offset] = /master_repl_offset:(\d+)/.exec(info) ?? []
    return offset !== undefined && info.includes(`offset=${offset},`)
  }
  await expect.poll(isReplicated, { timeout: 10_000 }).toBe(true)
}

/**
 * Kills the master. Expects that the sessions are available on the new master, that no call took longer than its
 * deadline, and that calls failed only because there was no master. Resolves to the old master.
 */
export async function expectFailover(
  store: RedisSessions,
  servers: RedisSentinel,
  timeoutMs: number,
): Promise<RedisProcess> {
  const id = await store.create({ userId: 'u', dataJson: '1', ttlMs: 600_000 })
  await store.update(id, '2')
  const old = await servers.settled()
  // Only writes that were not replicated yet may be lost.
  await untilReplicated(old)

  await old.kill()
  let slowestMs = 0
  const results = new Set<string>()
  const update = async (): Promise<string> => {
    const startMs = performance.now()
    const result = await store.update(id, '3').then(
      () => 'updated',
      (error: unknown) => (isSessionError(error) ? error.code : String(error)),
    )
    slowestMs = Math.max(slowestMs, performance.now() - startMs)
    results.add(result)
    return result
  }
  // The new master does not have the script.
  await expect.poll(update, { timeout: 30_000 }).toBe('updated')
  expect([...results]).toEqual(['Backend', 'updated'])
  expect(slowestMs).toBeLessThan(timeoutMs + allowanceMs)
  expect(await servers.master()).not.toBe(old)
  expect(await store.read(id)).toMatchObject({ dataJson: '3', userId: 'u' })
  expect(await store.listUserSessions('u')).toHaveLength(1)
  await store.endUserSessions('u')
  expect(await store.isHealthy()).toBe(true)
  return old
}
