import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { OperationEvent } from '@bext/session-core'
import { operationChannelName, pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { newTable, openClient, randomName, rejectionOf } from './support.js'

function listen(): OperationEvent[] {
  const events: OperationEvent[] = []
  const note = (event: unknown): void => {
    events.push(event as OperationEvent)
  }
  subscribe(operationChannelName, note)
  onTestFinished(() => {
    unsubscribe(operationChannelName, note)
  })
  return events
}

it('tells of each operation how it ended, how long it took and how many went together', async () => {
  const sql = openClient()
  const store = pgSessions({ sql, table: await newTable(sql), timeoutMs: 20_000 })
  const events = listen()
  const id = await store.create({ userId: 'ann-secret', dataJson: '"private"', ttlMs: 60_000 })
  await Promise.all(Array.from({ length: 5 }, () => store.read(id)))
  await store.delete(id)
  await rejectionOf(store.touch(id, 1000))
  await rejectionOf(store.update('short' as typeof id, '1'))
  expect(events.map(({ operation, outcome, reason, batchSize }) => [operation, outcome, reason, batchSize])).toEqual([
    ['create', 'ok', undefined, 1],
    ...Array.from({ length: 5 }, () => ['read', 'ok', undefined, 5]),
    ['delete', 'ok', undefined, 1],
    ['touch', 'NotFound', 'unknown', 1],
    ['update', 'Invalid', 'malformed', 0],
  ])
  for (const { durationMs } of events) expect(durationMs).toBeGreaterThanOrEqual(0)
  expect(JSON.stringify(events)).not.toMatch(/secret|private/)
  expect(JSON.stringify(events)).not.toContain(id)
})

it('tells why the backend failed', async () => {
  const store = pgSessions({ sql: openClient(), table: randomName() })
  const events = listen()
  await rejectionOf(store.endUserSessions('ann'))
  expect(events).toMatchObject([{ operation: 'endUserSessions', outcome: 'Backend', reason: 'failed', batchSize: 1 }])
})
