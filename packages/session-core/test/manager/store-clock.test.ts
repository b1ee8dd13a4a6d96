import { memorySessions } from '@bext/session-core/memory'
import type { SessionPlugin } from '@bext/session-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { backendError, begin, managerOf, watched } from './helpers.js'

const startMs = Date.UTC(2030, 0, 1)
const minuteMs = 60_000
const day = { idleTimeoutMs: 24 * 60 * minuteMs, absoluteTimeoutMs: 24 * 60 * minuteMs }
const hour = { idleTimeoutMs: 60 * minuteMs, absoluteTimeoutMs: 24 * 60 * minuteMs }

const asking: ReadonlySet<string> = new Set(['create', 'delete'])

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Wraps a store so that its clock is `aheadMs` ahead of the app's. */
function withClock(aheadMs: number, store: SessionPlugin = memorySessions()): SessionPlugin {
  async function byItsClock<T>(call: () => Promise<T>): Promise<T> {
    const appMs = Date.now()
    vi.setSystemTime(appMs + aheadMs)
    try {
      return await call()
    } finally {
      vi.setSystemTime(appMs)
    }
  }
  return {
    ...store,
    create: (options) => byItsClock(() => store.create(options)),
    read: (id) => byItsClock(() => store.read(id)),
    update: (id, dataJson) => byItsClock(() => store.update(id, dataJson)),
    touch: (id, idleTimeoutMs) => byItsClock(() => store.touch(id, idleTimeoutMs)),
  }
}

it('asks for the time of the store once in ten minutes, also with concurrent requests', async () => {
  const { plugin, calls } = watched()
  const cookie = await begin(managerOf(plugin, day), { visits: 1 }, 'ada')
  const manager = managerOf(plugin, hour)
  calls.length = 0
  await Promise.all(Array.from({ length: 10 }, () => manager.open(cookie)))
  vi.setSystemTime(startMs + 10 * minuteMs - 1)
  await manager.open(cookie)
  expect(calls.filter((call) => asking.has(call))).toEqual(['create', 'delete'])
  vi.setSystemTime(startMs + 10 * minuteMs)
  await manager.open(cookie)
  expect(calls.filter((call) => asking.has(call))).toEqual(['create', 'delete', 'create', 'delete'])
})

it('deletes the session that it creates to read the time', async () => {
  const store = memorySessions()
  const cookie = await begin(managerOf(store, day), { visits: 1 }, 'ada')
  await managerOf(store, hour).open(cookie)
  vi.setSystemTime(startMs + 2 * day.idleTimeoutMs)
  expect(await store.sweep()).toEqual({ removed: 1, more: false })
})

it.each(['create', 'delete'] as const)('does not make a request fail if the store fails: %s', async (method) => {
  const { plugin, failures } = watched()
  const cookie = await begin(managerOf(plugin, day), { visits: 1 }, 'ada')
  failures[method] = backendError()
  const manager = managerOf(plugin, hour)
  expect((await manager.open(cookie)).userId).toBe('ada')
  vi.setSystemTime(startMs + 2 * hour.idleTimeoutMs)
  expect((await manager.open(cookie)).userId).toBeUndefined()
})

it('asks again after ten seconds if the store failed', async () => {
  const { plugin, calls, failures } = watched()
  const cookie = await begin(managerOf(plugin, day), { visits: 1 }, 'ada')
  const manager = managerOf(plugin, hour)
  const failedAtMs = startMs + minuteMs
  vi.setSystemTime(failedAtMs)
  failures.create = backendError()
  calls.length = 0
  await Promise.all(Array.from({ length: 10 }, () => manager.open(cookie)))
  vi.setSystemTime(failedAtMs + 9999)
  await manager.open(cookie)
  expect(calls.filter((call) => asking.has(call))).toEqual(['create'])
  delete failures.create
  vi.setSystemTime(failedAtMs + 10_000)
  await manager.open(cookie)
  vi.setSystemTime(startMs + 10 * minuteMs)
  await manager.open(cookie)
  expect(calls.filter((call) => asking.has(call))).toEqual(['create', 'create', 'delete'])
})

it.each([40 * minuteMs, -40 * minuteMs, 5 * minuteMs, -5 * minuteMs])(
  'expires sessions by the clock of a store that is ahead by %i ms',
  async (aheadMs) => {
    const plugin = withClock(aheadMs)
    const live = await begin(managerOf(plugin, day), { visits: 1 }, 'ada')
    const idle = await begin(managerOf(plugin, day), { visits: 1 }, 'ada')
    vi.setSystemTime(startMs + hour.idleTimeoutMs - 1000)
    expect((await managerOf(plugin, hour).open(live)).userId).toBe('ada')
    vi.setSystemTime(startMs + hour.idleTimeoutMs)
    expect((await managerOf(plugin, hour).open(idle)).userId).toBeUndefined()
  },
)

it.each([40 * minuteMs, -40 * minuteMs])(
  'touches a session when a touch is due by the clock of a store that is ahead by %i ms',
  async (aheadMs) => {
    const plugin = withClock(aheadMs)
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    for (let passedMs = minuteMs; passedMs < 12 * 60 * minuteMs; passedMs += 2 * minuteMs) {
      vi.setSystemTime(startMs + passedMs)
      const session = await manager.open(cookie)
      expect([passedMs, session.userId]).toEqual([passedMs, 'ada'])
      await session.commit()
      const { expiresAtMs = 0, absoluteExpiresAtMs } = await manager.open(cookie)
      expect(absoluteExpiresAtMs).toBe(startMs + aheadMs + 12 * 60 * minuteMs)
      // At most a tenth of the idle timeout has passed since the last touch, and no touch was early.
      const leftMs = expiresAtMs - (startMs + aheadMs + passedMs)
      if (passedMs < 11 * 60 * minuteMs) expect(leftMs).toBeGreaterThan(27 * minuteMs - 1)
      expect(leftMs).toBeLessThanOrEqual(30 * minuteMs)
    }
    vi.setSystemTime(startMs + 12 * 60 * minuteMs)
    expect((await manager.open(cookie)).userId).toBeUndefined()
  },
)
