import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ExpressSession } from '../../src/express.js'
import { fromExpressStore } from '../../src/express.js'
import { MapStore, onlySession } from './map-store.js'

const dataJson = '{"visits":1}'

afterEach(() => {
  vi.useRealTimers()
})

function stopClock(): number {
  vi.useFakeTimers({ toFake: ['Date'] })
  return Date.now()
}

describe('the session that fromExpressStore stores', () => {
  it('contains the data as a value, the user, the times, and a cookie like that of express-session', async () => {
    const store = new MapStore()
    const plugin = fromExpressStore(store)
    const id = await plugin.create({ userId: 'ann', dataJson, ttlMs: 60_000 })
    const { createdAtMs, expiresAtMs } = await plugin.read(id)
    expect(expiresAtMs).toBe(createdAtMs + 60_000)
    expect([...store.kept.keys()]).toEqual([id])
    expect(onlySession(store)).toEqual({
      cookie: { originalMaxAge: 60_000, expires: new Date(expiresAtMs).toISOString(), httpOnly: true, path: '/' },
      user: 'ann',
      createdAtMs,
      data: { visits: 1 },
    })
  })

  it('has no user if the session is anonymous (C6)', async () => {
    const store = new MapStore()
    const plugin = fromExpressStore(store)
    const id = await plugin.create({ dataJson: 'null', ttlMs: 60_000 })
    expect(onlySession(store)).not.toHaveProperty('user')
    expect(await plugin.read(id)).toMatchObject({ userId: undefined, dataJson: 'null' })
  })

  it('has a cookie whose maxAge is the remaining ttl', async () => {
    let maxAge: number | undefined
    class Asking extends MapStore {
      override set(...args: Parameters<MapStore['set']>): void {
        maxAge = args[1].cookie.maxAge
        super.set(...args)
      }
    }
    await fromExpressStore(new Asking()).create({ dataJson, ttlMs: 60_000 })
    expect(maxAge).toBeGreaterThan(30_000)
    expect(maxAge).toBeLessThanOrEqual(60_000)
  })

  it('keeps expiry, user, time of creation and properties of the store when the data are replaced (U1)', async () => {
    const store = new MapStore()
    const plugin = fromExpressStore(store)
    const id = await plugin.create({ userId: 'ann', dataJson, ttlMs: 60_000 })
    const before = onlySession(store)
    store.kept.set(id, JSON.stringify({ ...before, lastAccess: 7 }))
    await expect.poll(() => Date.now()).toBeGreaterThan(before['createdAtMs'] as number)
    expect(await plugin.update(id, '[2]')).toBe(id)
    const { cookie, ...rest } = onlySession(store) as unknown as ExpressSession
    expect(rest).toEqual({ user: 'ann', createdAtMs: before['createdAtMs'], data: [2], lastAccess: 7 })
    expect(cookie.expires).toBe((before as unknown as ExpressSession).cookie.expires)
    expect(cookie.originalMaxAge, 'what is left of the life').toBeLessThan(60_000)
  })

  it('gets a new ttl at a save if the store still has it after the expiry in its cookie', async () => {
    class Late extends MapStore {
      override get(...[sid, callback]: Parameters<MapStore['get']>): void {
        callback(null, JSON.parse(this.kept.get(sid) ?? 'null') as ExpressSession | null)
      }
    }
    const nowMs = stopClock()
    const plugin = fromExpressStore(new Late())
    const id = await plugin.create({ dataJson, ttlMs: 100 })
    vi.setSystemTime(nowMs + 101)
    await plugin.update(id, '{}')
    expect((await plugin.read(id)).expiresAtMs).toBe(nowMs + 201)
  })

  it('is not extended by a save that its expiry overtook', async () => {
    const nowMs = stopClock()
    class Slow extends MapStore {
      override get(...[sid, callback]: Parameters<MapStore['get']>): void {
        super.get(sid, (error, session) => {
          vi.setSystemTime(nowMs + 60)
          callback(error, session)
        })
      }
    }
    const store = new Slow()
    const plugin = fromExpressStore(store)
    const id = await plugin.create({ dataJson, ttlMs: 50 })
    await plugin.update(id, '{}')
    const { cookie } = onlySession(store) as unknown as ExpressSession
    expect(new Date(cookie.expires ?? 0).getTime()).toBeLessThanOrEqual(nowMs + 61)
  })

  it.each([
    ['another session', { cookie: { originalMaxAge: null, expires: null } }],
    ['no cookie', { createdAtMs: 1, data: {} }],
    ['a user that is no text', { cookie: { expires: 9e12 }, createdAtMs: 1, data: {}, user: 7 }],
    ['no data', { cookie: { expires: 9e12 }, createdAtMs: 1 }],
  ])('is rejected with Backend if the store returns %s', async (_what, kept) => {
    class Strange extends MapStore {
      override get(...[, callback]: Parameters<MapStore['get']>): void {
        callback(null, kept as unknown as ExpressSession)
      }
    }
    const plugin = fromExpressStore(new Strange())
    const id = await plugin.create({ dataJson, ttlMs: 60_000 })
    await expect(plugin.read(id)).rejects.toMatchObject({ code: 'Backend', reason: 'corrupt' })
  })
})
