import { setImmediate as turn } from 'node:timers/promises'
import { asSessionId } from '@bext/session-core'
import { describe, expect, it } from 'vitest'
import type { ExpressStore } from '../../src/express.js'
import { fromExpressStore } from '../../src/express.js'
import { MapStore, onlySession } from './map-store.js'

const options = { dataJson: '{}', ttlMs: 60_000 }
const failure = new Error('the disk is full of secrets')

/** Creates a store whose methods all do the same. */
function storeOf(method: (...args: never[]) => unknown): ExpressStore {
  return { get: method, set: method, destroy: method, touch: method }
}

function callbackOf(args: readonly unknown[]): (error: unknown) => void {
  return args.at(-1) as (error: unknown) => void
}

describe('fromExpressStore', () => {
  it('passes the new expiry to touch(), or to set() if the store has no touch() (T1)', async () => {
    for (const store of [new MapStore(), Object.assign(new MapStore(), { touch: undefined })]) {
      const plugin = fromExpressStore(store)
      const id = await plugin.create(options)
      expect(await plugin.touch(id, 120_000)).toBe(id)
      const { createdAtMs, expiresAtMs } = await plugin.read(id)
      expect(expiresAtMs).toBeGreaterThanOrEqual(createdAtMs + 120_000)
      expect(onlySession(store)['cookie']).toMatchObject({ originalMaxAge: 120_000 })
    }
  })

  it('rejects with NotFound for a missing session, and does not write it (U3, T3)', async () => {
    const store = new MapStore()
    const plugin = fromExpressStore(store)
    const id = await plugin.create(options)
    await plugin.delete(id)
    for (const call of [plugin.read(id), plugin.update(id, '{}'), plugin.touch(id, 1000)]) {
      await expect(call).rejects.toMatchObject({ code: 'NotFound' })
    }
    expect(store.kept.size).toBe(0)
  })

  it('treats ENOENT as a missing session, like express-session', async () => {
    const plugin = fromExpressStore(storeOf((...args) => callbackOf(args)({ code: 'ENOENT' })))
    const id = await fromExpressStore(new MapStore()).create(options)
    await expect(plugin.read(id)).rejects.toMatchObject({ code: 'NotFound' })
    await plugin.delete(id)
    await expect(plugin.create(options), 'a folder that is missing').rejects.toMatchObject({ code: 'Backend' })
    expect(await plugin.isHealthy()).toBe(true)
  })

  it.each([
    ['calls back', (...args: never[]) => callbackOf(args)(failure)],
    [
      'throws',
      () => {
        throw failure
      },
    ],
    ['rejects with', () => Promise.reject(failure)],
  ])(
    'rejects with Backend, with the error only as the cause, if the store %s an error (E1, E3)',
    async (_how, method) => {
      const plugin = fromExpressStore(storeOf(method))
      const id = await fromExpressStore(new MapStore()).create(options)
      const calls = [
        plugin.create(options),
        plugin.read(id),
        plugin.update(id, '{}'),
        plugin.touch(id, 1000),
        plugin.delete(id),
      ]
      for (const call of calls) {
        const error: unknown = await call.catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 'Backend', cause: failure })
        expect((error as Error).message).not.toContain(failure.message)
      }
      expect(await plugin.isHealthy()).toBe(false)
    },
  )

  it.each([
    ['at once', (callback: () => void) => callback()],
    ['in the same turn', (callback: () => void) => queueMicrotask(callback)],
  ])('rejects with Backend if the store calls back a second time %s', async (_when, again) => {
    const plugin = fromExpressStore(
      storeOf((...args) => {
        callbackOf(args)(null)
        again(() => callbackOf(args)(null))
      }),
    )
    const error: unknown = await plugin.create(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'Backend' })
    expect(String((error as Error).cause)).toContain('called the callback of one call twice')
  })

  it('throws into a store that calls back a second time later', async () => {
    const callbacks: ((error: unknown) => void)[] = []
    const plugin = fromExpressStore(
      storeOf((...args) => {
        callbacks.push(callbackOf(args))
        callbackOf(args)(null)
      }),
    )
    await plugin.create(options)
    expect(() => callbacks[0]?.(null)).toThrow('called the callback of one call twice')
  })

  it('rejects with Invalid, reason too_large, if the error of the store has the status 413 (L1)', async () => {
    const tooLarge = Object.assign(new Error('request entity too large'), { status: 413, length: 4000, limit: 1000 })
    const plugin = fromExpressStore(storeOf((...args) => callbackOf(args)(tooLarge)))
    const error: unknown = await plugin.create(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'Invalid', reason: 'too_large', cause: tooLarge })
    expect((error as Error).message).toBe('The store rejects the session of 4000 bytes. It stores at most 1000 bytes.')
  })

  it('adds no deadline to a store that never calls back', async () => {
    const plugin = fromExpressStore(storeOf(() => undefined))
    const ended: string[] = []
    void plugin.create(options).finally(() => ended.push('create()'))
    void plugin.isHealthy().finally(() => ended.push('isHealthy()'))
    for (let n = 0; n < 50; n += 1) await turn()
    expect(ended).toEqual([])
  })

  it('rejects with Backend between the events disconnect and connect of the store (E4, H2)', async () => {
    const store = new MapStore()
    const plugin = fromExpressStore(store)
    const id = await plugin.create(options)
    store.emit('disconnect')
    await expect(plugin.read(id)).rejects.toMatchObject({ code: 'Backend', reason: 'unavailable' })
    expect(await plugin.isHealthy()).toBe(false)
    store.emit('connect')
    expect(await plugin.read(id)).toMatchObject({ id })
    expect(await plugin.isHealthy()).toBe(true)
  })

  it('adds listeners to a store once, even if it is bridged several times', () => {
    const store = new MapStore()
    for (let n = 0; n < 20; n += 1) fromExpressStore(store)
    expect(store.listenerCount('connect')).toBe(1)
    expect(store.listenerCount('disconnect')).toBe(1)
  })

  it('does not pass a malformed id to the store (R4, D1)', async () => {
    const plugin = fromExpressStore(
      storeOf(() => {
        throw failure
      }),
    )
    for (const text of ['', '../../etc/passwd', '__proto__', 'A'.repeat(42)]) {
      const id = asSessionId(text)
      for (const call of [plugin.read(id), plugin.update(id, '{}'), plugin.touch(id, 1000)]) {
        await expect(call).rejects.toMatchObject({ code: 'Invalid' })
      }
      await plugin.delete(id)
    }
  })

  it('throws for a value that is no store, and for unknown options', () => {
    expect(() => fromExpressStore(null as never)).toThrow(
      new TypeError('fromExpressStore: expected a store, but it is null.'),
    )
    expect(() => fromExpressStore({ get() {}, set() {} } as never)).toThrow(
      new TypeError('fromExpressStore: expected a store with destroy(), but it is undefined.'),
    )
    expect(() => fromExpressStore(new MapStore(), { ttl: 1 } as never)).toThrow('there is no option "ttl"')
    expect(fromExpressStore(new MapStore()).name).toBe('express')
  })
})
