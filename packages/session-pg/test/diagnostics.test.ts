import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BatchEvent, OperationEvent } from '@bext/session-core'
import { pgBatchChannel, pgOperationChannel, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { newTable, openClient, randomName, rejectionOf } from './helpers/database.js'

function collect<Event>(channelName: string): Event[] {
  const events: Event[] = []
  const add = (event: unknown): void => {
    events.push(event as Event)
  }
  subscribe(channelName, add)
  onTestFinished(() => {
    unsubscribe(channelName, add)
  })
  return events
}

it('publishes outcome and duration of each operation, and the size of each batch', async () => {
  const sql = openClient()
  const store = pgSessions({ client: sql, table: await newTable(sql), timeoutMs: 20_000 })
  const events = collect<OperationEvent>(pgOperationChannel)
  const batches = collect<BatchEvent>(pgBatchChannel)
  const id = await store.create({ userId: 'ann-secret', dataJson: '"private"', ttlMs: 60_000 })
  await Promise.all(Array.from({ length: 5 }, () => store.read(id)))
  await store.delete(id)
  await rejectionOf(store.touch(id, 1000))
  await rejectionOf(store.update('short' as typeof id, '1'))
  expect(events.map(({ operation, outcome, reason }) => [operation, outcome, reason])).toEqual([
    ['create', 'ok', undefined],
    ...Array.from({ length: 5 }, () => ['read', 'ok', undefined]),
    ['delete', 'ok', undefined],
    ['touch', 'NotFound', 'unknown'],
    ['update', 'Invalid', 'malformed'],
  ])
  expect(batches).toEqual([{ size: 1 }, { size: 5 }, { size: 1 }, { size: 1 }])
  for (const { durationMs } of events) expect(durationMs).toBeGreaterThanOrEqual(0)
  expect(JSON.stringify(events)).not.toMatch(/secret|private/)
  expect(JSON.stringify(events)).not.toContain(id)
})

it('publishes why the backend failed', async () => {
  const store = pgSessions({ client: openClient(), table: randomName() })
  const events = collect<OperationEvent>(pgOperationChannel)
  await rejectionOf(store.endUserSessions('ann'))
  expect(events).toMatchObject([{ operation: 'endUserSessions', outcome: 'Backend', reason: 'failed' }])
})
