import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { mintSessionId } from '@bext/session-core'
import { redisSessions, type RedisClient } from '@bext/session-redis'
import { rejectionOf } from '@bext-internal/test-services/test-helpers'
import { expectIndexed } from './helpers/expect-indexed.js'
import { openNamespace } from './helpers/namespace.js'

const namespace = openNamespace()
const { prefix, raw } = namespace
const direct = redisSessions({ client: raw, prefix })
const options = { userId: 'ann', dataJson: '{}', ttlMs: 60_000 }

afterEach(async () => {
  const keys = (await namespace.entries()).map(([key]) => key)
  if (keys.length > 0) await raw.del(keys)
})

afterAll(() => namespace.clear())

/** A client whose replies to scripts pass through `after`, which may reject in their place. Scripts count from 1. */
function interrupt(after: (script: number, reply: unknown) => Promise<unknown>): RedisClient {
  let script = 0
  return new Proxy<RedisClient>(raw, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(raw) as (...args: unknown[]) => Promise<unknown>
      if (name !== 'evalsha') return method
      return async (...args: unknown[]) => {
        const reply = await method(...args)
        script += 1
        return after(script, reply)
      }
    },
  })
}

describe('a store that sends a write again because its reply was lost', () => {
  it.each([
    ['create', () => undefined],
    ['createWithId', () => mintSessionId()],
  ])("O1 lists the session if another call ended the user's sessions in between: %s", async (_, idOf) => {
    await direct.endUserSessions('ann')
    for (const lost of [1, 2]) {
      const client = interrupt(async (script, reply) => {
        if (script !== lost) return reply
        await direct.endUserSessions('ann')
        throw new Error('The reply was lost.')
      })
      const store = redisSessions({ client, prefix })
      const given = idOf()
      if (given === undefined) await store.create(options)
      else expect(await store.createWithId(given, options)).toEqual({ outcome: 'created' })
      expect(await expectIndexed(namespace)).toBe(1)
      await direct.endUserSessions('ann')
      expect(await namespace.entries()).toEqual([])
    }
  })

  it('keeps one index entry of a session that the first delivery has created', async () => {
    const client = interrupt(async (script, reply) => {
      if (script === 2) throw new Error('The reply was lost.')
      return reply
    })
    const id = await redisSessions({ client, prefix }).create(options)
    expect(await expectIndexed(namespace)).toBe(1)
    await direct.delete(id)
    expect(await namespace.entries()).toEqual([])
  })

  it('E2 does not say that nothing was changed if only the second delivery was late', async () => {
    const id = await direct.create(options)
    // Afterwards the server has the script, which is otherwise sent as a text first.
    await direct.update(id, '0')
    const client = interrupt(async (script) => {
      if (script === 1) throw new Error('The reply was lost.')
      // The reply of a server that has refused the write as late.
      return [Date.now()]
    })
    const error = await rejectionOf(redisSessions({ client, prefix }).update(id, '1'))
    expect(error).toMatchObject({ code: 'Backend', cause: { message: 'The reply was lost.' } })
    expect(error.message).not.toContain('Nothing was changed')
    expect(await direct.read(id)).toMatchObject({ dataJson: '1' })
  })
})
