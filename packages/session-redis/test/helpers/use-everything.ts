import { expect } from 'vitest'
import { redisSessions, type RedisClient } from '@bext/session-redis'

/**
 * Uses every method of a store over the client, and calls `breakConnections` in between. Rejects with the first error.
 */
export async function useEverything(client: RedisClient, breakConnections: () => Promise<unknown>): Promise<void> {
  const store = redisSessions({ client, prefix: 'session:', timeoutMs: 5000 })
  if (!(await store.isHealthy())) throw new Error('The store is not healthy.')
  const anonymous = await store.create({ dataJson: '1', ttlMs: 60_000 })
  await store.update(anonymous, '2')
  await store.updateIfUnchanged(anonymous, '2', '3')
  await store.touch(anonymous, 90_000)
  await store.delete(anonymous)
  const ids = await Promise.all(
    Array.from({ length: 20 }, () => store.create({ userId: 'u', dataJson: '{}', ttlMs: 60_000 })),
  )
  await Promise.all(ids.map((id) => store.touch(id, 9_000_000)))
  await Promise.all(ids.map((id) => store.read(id)))
  const [first] = await store.listUserSessions('u')
  await store.endUserSession('u', first?.handle ?? '')
  await breakConnections()
  await expect.poll(() => store.isHealthy(), { timeout: 5000 }).toBe(true)
  await store.endUserSessions('u')
  expect(await store.listUserSessions('u')).toEqual([])
}
