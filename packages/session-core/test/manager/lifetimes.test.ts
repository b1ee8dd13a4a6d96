import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

const startMs = Date.UTC(2030, 0, 1)
const times = { ttlMs: 10_000, absoluteTtlMs: 25_000, touchAfterMs: 2000 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('touch', () => {
  it('waits until touchAfterMs of the life have passed, then extends the session and its cookie', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0

    vi.setSystemTime(startMs + 1999)
    expect(await (await manager.open(cookie)).commit()).toEqual([])
    expect(calls).toEqual(['read'])

    vi.setSystemTime(startMs + 2000)
    const setCookies = await (await manager.open(cookie)).commit()
    expect(calls).toEqual(['read', 'read', 'touch'])
    expect(setCookies).toEqual([`${cookie}; Max-Age=10; Path=/; HttpOnly; Secure; SameSite=Lax`])
    expect((await manager.open(cookie)).expiresAtMs).toBe(startMs + 12_000)
  })

  it('comes after the update of a changed session, and its id is the one that counts (T4)', async () => {
    const { plugin, calls } = watched(unsealedSessions())
    const manager = managerOf(plugin, times)
    const before = await begin(manager, { visits: 1 })
    calls.length = 0
    vi.setSystemTime(startMs + 5000)
    const session = await manager.open(before)
    session.data.visits = 2
    const after = await manager.open(cookieAfter(await session.commit()))
    expect(calls).toEqual(['read', 'update', 'touch', 'read'])
    expect(after.data).toEqual({ visits: 2 })
    expect(after.expiresAtMs).toBe(startMs + 15_000)
  })

  it('gives the cookie of an updated, untouched session what is left of its life, in whole seconds', async () => {
    const manager = managerOf(unsealedSessions(), times)
    const before = await begin(manager, { visits: 1 })
    vi.setSystemTime(startMs + 1500)
    const session = await manager.open(before)
    session.data.visits = 2
    expect((await session.commit())[0]).toContain('; Max-Age=9;')
  })
})

it('ends a session that is not used for ttlMs (R3)', async () => {
  const manager = managerOf(watched().plugin, times)
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  vi.setSystemTime(startMs + 9999)
  expect((await manager.open(cookie)).userId).toBe('ada')
  vi.setSystemTime(startMs + 10_000)
  expect((await manager.open(cookie)).userId).toBeUndefined()
})

it('ends a session at absoluteTtlMs or up to touchAfterMs before, however busy it is', async () => {
  const { plugin } = watched()
  const manager = managerOf(plugin, times)
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  for (let passedMs = 2000; passedMs < 23_000; passedMs += 1000) {
    vi.setSystemTime(startMs + passedMs)
    const session = await manager.open(cookie)
    expect(session.userId).toBe('ada')
    await session.commit()
  }
  expect((await manager.open(cookie)).expiresAtMs).toBeGreaterThan(startMs + 23_000)
  vi.setSystemTime(startMs + 25_000)
  expect((await manager.open(cookie)).userId).toBeUndefined()
})

it('does not touch a session that absoluteTtlMs, shortened since, would have ended', async () => {
  const { plugin, calls } = watched()
  const cookie = await begin(managerOf(plugin, times), { visits: 1 })
  calls.length = 0
  vi.setSystemTime(startMs + 5000)
  const manager = managerOf(plugin, { ttlMs: 1000, absoluteTtlMs: 4000 })
  await (await manager.open(cookie)).commit()
  expect(calls).toEqual(['read'])
})

it('counts absoluteTtlMs anew from a sign-in, which creates a session', async () => {
  const manager = managerOf(watched().plugin, times)
  const before = await begin(manager, { visits: 1 })
  vi.setSystemTime(startMs + 9000)
  const session = await manager.open(before)
  session.signIn('ada')
  const after = await manager.open(cookieAfter(await session.commit()))
  expect(after.createdAtMs).toBe(startMs + 9000)
  expect(after.expiresAtMs).toBe(startMs + 19_000)
})

it('does not touch a session that is over by our clock, but not yet by that of the store', async () => {
  const { plugin, calls } = watched()
  const manager = managerOf(plugin, times)
  const cookie = await begin(manager, { visits: 1 })
  const read: typeof plugin.read = async (id) => {
    const record = await plugin.read(id)
    return { ...record, createdAtMs: startMs - 26_000, expiresAtMs: startMs - 4000 }
  }
  calls.length = 0
  const skewed = managerOf({ ...plugin, read }, times)
  expect(await (await skewed.open(cookie)).commit()).toEqual([])
  expect(calls).toEqual(['read'])
})
