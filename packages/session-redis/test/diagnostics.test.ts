import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import type { BatchEvent, OperationEvent, SessionId } from '@bext/session-core'
import { redisBatchChannel, redisOperationChannel, redisSessions } from '@bext/session-redis'
import { openNamespace } from './helpers/namespace.js'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'

const namespace = openNamespace()
const { prefix, raw } = namespace
const store = redisSessions({ client: raw, prefix })
const events: OperationEvent[] = []
const batches: BatchEvent[] = []

function collectEvent(event: unknown): void {
  events.push(event as OperationEvent)
}

function collectBatch(event: unknown): void {
  batches.push(event as BatchEvent)
}

beforeEach(() => {
  events.length = 0
  batches.length = 0
  subscribe(redisOperationChannel, collectEvent)
  subscribe(redisBatchChannel, collectBatch)
})
afterEach(() => {
  unsubscribe(redisOperationChannel, collectEvent)
  unsubscribe(redisBatchChannel, collectBatch)
})
afterAll(() => namespace.clear())

it('publishes an event with duration and outcome for each operation', async () => {
  const id = await store.create({ userId: 'ann', dataJson: '"secret"', ttlMs: 60_000 })
  await store.createWithId(id, { dataJson: '{}', ttlMs: 60_000 })
  await store.read(id)
  await store.update(id, '1')
  await store.updateIfUnchanged(id, '1', '2')
  await store.touch(id, 60_000)
  await store.listUserSessions('ann')
  await store.endUserSession('ann', 'no handle')
  await store.endUserSessions('ann')
  await store.delete(id)
  await store.isHealthy()
  expect(events.map(({ operation }) => operation)).toEqual([
    'create',
    'createWithId',
    'read',
    'update',
    'updateIfUnchanged',
    'touch',
    'listUserSessions',
    'endUserSession',
    'endUserSessions',
    'delete',
    'isHealthy',
  ])
  for (const event of events) {
    expect(event).toMatchObject({ outcome: 'ok', reason: undefined })
    expect(event.durationMs).toBeGreaterThan(0)
  }
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`secret|ann|${id}`))
})

it('publishes the code and the reason of an error', async () => {
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  await store.delete(id)
  events.length = 0
  await rejectionOf(store.read(id))
  await rejectionOf(store.read('no id' as SessionId))
  expect(events).toMatchObject([
    { operation: 'read', outcome: 'NotFound', reason: 'unknown' },
    { operation: 'read', outcome: 'Invalid', reason: 'malformed' },
  ])
})

it('publishes the size of each batch', async () => {
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  batches.length = 0
  await Promise.all([store.read(id), store.read(id), store.read(id), store.touch(id, 60_000)])
  expect(batches).toEqual([{ size: 3 }, { size: 1 }])
})

it('publishes nothing while the channels have no subscribers', async () => {
  unsubscribe(redisOperationChannel, collectEvent)
  unsubscribe(redisBatchChannel, collectBatch)
  await store.create({ dataJson: '{}', ttlMs: 60_000 })
  expect([...events, ...batches]).toEqual([])
})

it('keeps the name of the method in stack traces', async () => {
  const { stack } = await rejectionOf(store.read('no id' as SessionId))
  expect(stack).toContain('read')
})
