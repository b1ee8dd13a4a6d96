import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BatchEvent } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { pgBatchChannel } from '@bext/session-pg'
import { redisBatchChannel } from '@bext/session-redis'
import { expect, test } from 'vitest'
import { afterRegistrationMs, createApp, idOf, me, meWith, signIn } from './app.js'
import { advance, stores } from './helpers.js'

const channels = { redis: redisBatchChannel, pg: pgBatchChannel } as const

/** Resolves to the sizes of the batches that are sent while `work` runs. */
async function batchesOf(channel: string, work: () => Promise<unknown>): Promise<number[]> {
  const sizes: number[] = []
  const listener = (event: unknown): void => void sizes.push((event as BatchEvent).size)
  subscribe(channel, listener)
  try {
    await work()
  } finally {
    unsubscribe(channel, listener)
  }
  return sizes
}

test.each(['redis', 'pg'] as const)(
  '%s: one round trip for a bound, an unbound and an unproven request',
  async (name) => {
    const app = createApp({ store: await stores[name]() })
    const [bound, unbound] = [app.browser(), app.browser({ sendsDevice: false })]
    await signIn(bound)
    await signIn(unbound)
    advance(afterRegistrationMs)
    await me(bound)
    const batches = (work: () => Promise<unknown>): Promise<number[]> => batchesOf(channels[name], work)
    expect(await batches(() => me(bound))).toEqual([1])
    expect(await batches(() => me(unbound))).toEqual([2])
    expect(await batches(() => meWith(app, `__Host-session=${idOf(bound)}`))).toEqual([2])
    expect(await batches(() => bound.request('/visit', { method: 'POST' }))).toEqual([1, 1])
    const plain = createApp({ store: app.store, manager: { device: undefined } })
    expect(await batches(() => meWith(plain, unbound.cookieHeader()))).toEqual([1])
  },
)

test('the binding is read in the tick of the session, also beside a cookie that proves nothing', async () => {
  let tick = 0
  const ticks: number[] = []
  const inner = memorySessions()
  const store = new Proxy(inner, {
    get(target, key): unknown {
      if (key !== 'read') return Reflect.get(target, key) as unknown
      return (id: Parameters<typeof inner.read>[0]) => {
        ticks.push(tick)
        queueMicrotask(() => (tick += 1))
        return target.read(id)
      }
    },
  })
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  ticks.length = 0
  await meWith(app, `__Host-session=${idOf(browser)}; __Host-session-bound=k1.a.b.c.d.e`)
  expect(ticks).toHaveLength(2)
  expect(new Set(ticks).size).toBe(1)
})
