import type { OperationEvent, SessionId } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { observeOperations } from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

function createChannel() {
  const events: OperationEvent[] = []
  return { events, hasSubscribers: true, publish: (event: OperationEvent) => void events.push(event) }
}

describe('observeOperations', () => {
  it('publishes an event for each call of the contract and its optional interfaces', async () => {
    const channel = createChannel()
    const store = observeOperations(channel, memorySessions())
    const id = await store.create({ userId: 'ann', dataJson: '"secret"', ttlMs: 60_000 })
    await store.read(id)
    await store.listUserSessions('ann')
    await store.sweep()
    await expect(store.read('short' as SessionId)).rejects.toMatchObject({ reason: 'malformed' })
    expect(channel.events).toMatchObject([
      { operation: 'create', outcome: 'ok', reason: undefined },
      { operation: 'read', outcome: 'ok', reason: undefined },
      { operation: 'listUserSessions', outcome: 'ok', reason: undefined },
      { operation: 'sweep', outcome: 'ok', reason: undefined },
      { operation: 'read', outcome: 'Invalid', reason: 'malformed' },
    ])
    for (const { durationMs } of channel.events) expect(durationMs).toBeGreaterThanOrEqual(0)
    expect(JSON.stringify(channel.events)).not.toMatch(/secret|ann/)
  })

  it('publishes nothing for a call that starts while the channel has no subscribers', async () => {
    const channel = { ...createChannel(), hasSubscribers: false }
    await observeOperations(channel, memorySessions()).isHealthy()
    expect(channel.events).toEqual([])
  })

  it('works with a store that is a class, with private fields and other members', async () => {
    class Store {
      readonly name = 'class'
      #calls = 0
      async isHealthy(): Promise<boolean> {
        this.#calls += 1
        return this.#calls > 0
      }
      async read(): Promise<never> {
        throw new SessionError('unknown', 'The session does not exist.')
      }
      async close(): Promise<void> {
        this.#calls = -1
      }
    }
    const channel = createChannel()
    const store = observeOperations(channel, new Store())
    expect(store.name).toBe('class')
    expect(await store.isHealthy()).toBe(true)
    await expect(store.read()).rejects.toMatchObject({ code: 'NotFound' })
    await store.close()
    expect(await store.isHealthy()).toBe(false)
    expect(channel.events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'isHealthy ok',
      'read NotFound',
      'isHealthy ok',
    ])
  })
})
