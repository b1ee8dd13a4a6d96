import { mintSessionId, type SessionId } from '@bext/session-core'
import { redisSessions, type RedisSessions } from '@bext/session-redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectIndexed } from './helpers/expect-indexed.js'
import { openNamespace } from './helpers/namespace.js'
import { stepClient } from './helpers/stepping-client.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const store = redisSessions({ client: raw, prefix })
const minuteMs = 60_000
const yearMs = 31_536_000_000

afterAll(() => namespace.clear())

function optionsOf(userId: string | undefined) {
  return { userId, dataJson: '{}', ttlMs: minuteMs }
}

type Call = readonly [name: string, call: (store: RedisSessions, id: SessionId) => Promise<unknown>]

const calls: readonly Call[] = [
  ['delete', (steps, id) => steps.delete(id)],
  ['endUserSessions', (steps) => steps.endUserSessions('ann')],
  ['touch beyond the index entry', (steps, id) => steps.touch(id, yearMs)],
  ['createWithId', (steps, id) => steps.createWithId(id, optionsOf('ann'))],
]

describe('a session under a given id', () => {
  // Load the scripts first, so that every step is a script that runs.
  beforeAll(async () => {
    // Each step wraps this client in another one, which adds listeners.
    raw.setMaxListeners(200)
    const id = await store.create(optionsOf('warm'))
    await store.touch(id, yearMs)
    await store.delete(id)
    await store.createWithId(id, optionsOf('warm'))
    await store.endUserSessions('warm')
  })

  it.each(calls.flatMap((call) => ['ann', 'ben', undefined].map((userId) => [...call, userId] as const)))(
    'O1 O6 is listed, wherever it replaces an earlier one during %s (%#)',
    async (_, call, userId) => {
      for (let step = 1, isOver = false; !isOver; step += 1) {
        isOver = true
        const id = mintSessionId()
        await store.createWithId(id, optionsOf('ann'))
        const stepping = stepClient(raw, async (number, reply) => {
          if (number !== step) return reply
          isOver = false
          await store.delete(id)
          expect(await store.createWithId(id, optionsOf(userId))).toEqual({ outcome: 'created' })
          return reply
        })
        await call(redisSessions({ client: stepping, prefix }), id).catch(() => {})
        if (userId !== undefined) await expectIndexed(namespace)
        for (const user of ['ann', 'ben']) await store.endUserSessions(user)
        await store.delete(id)
        expect(await namespace.entries()).toEqual([])
      }
    },
  )
})
