import { randomUUID } from 'node:crypto'
import { cookieSessions } from '@bext/session-cookie'
import { createRevocation } from '@bext/session-cookie/revocation'
import { redisRevocations } from '@bext/session-redis'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redisUrl } from './helpers/namespace.js'

function sessionsOver(url: string) {
  const client = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  const store = redisRevocations({ client, prefix: `test-${randomUUID()}:`, timeoutMs: 500 })
  const secrets = [{ id: 'k1', secret: 'a secret of more than thirty-two bytes' }]
  return cookieSessions({ secrets, revocation: createRevocation({ store, maxTtlMs: 60_000 }) })
}

test('H1 sealed sessions are healthy as long as Redis can be asked for revocations', async () => {
  expect(await sessionsOver(redisUrl).isHealthy()).toBe(true)
})

test('H1 sealed sessions are not healthy while Redis cannot be asked', async () => {
  // Nothing listens on port 1.
  const store = sessionsOver('redis://127.0.0.1:1')
  const id = await store.create({ dataJson: '{}', ttlMs: 1000 })
  await expect(store.read(id)).rejects.toMatchObject({ code: 'Backend' })
  expect(await store.isHealthy()).toBe(false)
})

test('redisRevocations tells how to pass a client', () => {
  const client = new Redis(redisUrl, { lazyConnect: true })
  expect(() => redisRevocations(client as never)).toThrow(/did you mean redisRevocations\(\{ client \}\)\?/)
})
