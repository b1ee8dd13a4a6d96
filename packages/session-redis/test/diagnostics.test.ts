import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import type { OperationEvent, SessionId } from '@bext/session-core'
import { operationChannelName, redisSessions } from '@bext/session-redis'
import { openNamespace } from './helpers/namespace.js'
import { rejectionOf } from './helpers/rejection.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const store = redisSessions({ client: raw, prefix })
const events: OperationEvent[] = []

function note(event: unknown): void {
  events.push(event as OperationEvent)
}

beforeEach(() => {
  events.length = 0
  subscribe(operationChannelName, note)
})
afterEach(() => {
  unsubscribe(operationChannelName, note)
})
afterAll(() => namespace.clear())

it('each operation is told with its duration and outcome', async () => {
  const id = await store.create({ userId: 'ann', dataJson: '"secret"', ttlMs: 60_000 })
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

it('errors are told by code and reason', async () => {
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  await store.delete(id)
  events.length = 0
  await rejectionOf(store.read(id))
  await rejectionOf(store.read('no id' as SessionId))
  expect(events).toMatchObject([
    { operation: 'read', outcome: 'NotFound', reason: 'unknown', batchSize: 1 },
    { operation: 'read', outcome: 'Invalid', reason: 'malformed', batchSize: 0 },
  ])
})

it('the size of the batch is told', async () => {
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  events.length = 0
  await Promise.all([store.read(id), store.read(id), store.read(id), store.touch(id, 60_000)])
  expect(events.map(({ operation, batchSize }) => [operation, batchSize])).toEqual(
    expect.arrayContaining([
      ['read', 3],
      ['touch', 1],
    ]) as unknown,
  )
})

it('nobody is told when nobody listens', async () => {
  unsubscribe(operationChannelName, note)
  await store.isHealthy()
  expect(events).toEqual([])
})
