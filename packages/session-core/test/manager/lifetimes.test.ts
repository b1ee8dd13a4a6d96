import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

const startMs = Date.UTC(2030, 0, 1)
const times = { idleTimeoutMs: 10_000, absoluteTimeoutMs: 25_000, touchIntervalMs: 2000 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('touch', () => {
  it('is sent once touchIntervalMs have passed, extends the session and sets no cookie', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0

    vi.setSystemTime(startMs + 1999)
    expect(await (await manager.open(cookie)).commit()).toEqual([])
    expect(calls).toEqual(['read'])

    vi.setSystemTime(startMs + 2000)
    expect(await (await manager.open(cookie)).commit()).toEqual([])
    expect(calls).toEqual(['read', 'read', 'touch'])
    expect((await manager.open(cookie)).expiresAtMs).toBe(startMs + 12_000)
  })

  it('extends a server-backed session that is only read, and the session has the new expiry at once', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    calls.length = 0
    for (const passedMs of [5000, 12_000, 19_000]) {
      vi.setSystemTime(startMs + passedMs)
      const session = await manager.open(cookie)
      expect([session.userId, session.expiresAtMs]).toEqual(['ada', startMs + Math.min(passedMs + 10_000, 25_000)])
    }
    // Near the absolute expiry, the manager asks the store for its time first.
    const asking = ['create', 'read', 'delete']
    expect(calls).toEqual(['read', 'touch', 'read', 'touch', 'read', ...asking, 'touch'])
  })

  it('is sent when a changed session is opened, and not again with the update', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0
    vi.setSystemTime(startMs + 5000)
    const session = await manager.open(cookie)
    session.data.visits = 2
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read', 'touch', 'update'])
    const after = await manager.open(cookie)
    expect([after.data, after.expiresAtMs]).toEqual([{ visits: 2 }, startMs + 15_000])
  })

  it('is sent at the commit for a sealed session, because the response has to set the new id', async () => {
    const { plugin, calls } = watched(unsealedSessions())
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0
    vi.setSystemTime(startMs + 5000)
    const session = await manager.open(cookie)
    expect(session.expiresAtMs).toBe(startMs + 10_000)
    expect(calls).toEqual(['read'])
    expect(await session.commit()).toHaveLength(1)
    expect(calls).toEqual(['read', 'touch'])
  })

  it('follows the update of a sealed session, and the cookie contains the id of the touch (T4)', async () => {
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

  it('sets a new cookie until the absolute expiry, in whole seconds, if the id has changed', async () => {
    const manager = managerOf(unsealedSessions(), times)
    const before = await begin(manager, { visits: 1 })
    vi.setSystemTime(startMs + 1500)
    const session = await manager.open(before)
    session.data.visits = 2
    expect((await session.commit())[0]).toContain('; Max-Age=24;')
  })
})

it('expires a session that is not used for idleTimeoutMs (R3)', async () => {
  const manager = managerOf(watched().plugin, times)
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  vi.setSystemTime(startMs + 1999)
  expect((await manager.open(cookie)).userId).toBe('ada')
  vi.setSystemTime(startMs + 10_000)
  expect((await manager.open(cookie)).userId).toBeUndefined()
})

it('expires a session in constant use at absoluteTimeoutMs, or up to touchIntervalMs earlier', async () => {
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

describe('shortened timeouts', () => {
  it('expire a session that exceeds them, without a touch', async () => {
    const { plugin, calls } = watched()
    const cookie = await begin(managerOf(plugin, times), { visits: 1 }, 'ada')
    vi.setSystemTime(startMs + 4000)
    const reasons: string[] = []
    const onRejection = ({ reason }: { reason: string }): void => void reasons.push(reason)
    const manager = managerOf(plugin, { idleTimeoutMs: 1000, absoluteTimeoutMs: 4000, onRejection })
    const session = await manager.open(cookie)
    expect([session.userId, reasons]).toEqual([undefined, ['expired']])
    await session.commit()
    expect(calls).not.toContain('touch')
  })

  it.each([
    [6999, 'ada'],
    [7000, undefined],
  ])('count from the last touch under the former timeouts: %i ms', async (atMs, userId) => {
    const { plugin } = watched()
    const former = managerOf(plugin, { idleTimeoutMs: 10_000, absoluteTimeoutMs: 100_000, touchIntervalMs: 1 })
    const cookie = await begin(former, { visits: 1 }, 'ada')
    vi.setSystemTime(startMs + 5000)
    await (await former.open(cookie)).commit()
    const manager = managerOf(plugin, { idleTimeoutMs: 2000, absoluteTimeoutMs: 100_000 })
    vi.setSystemTime(startMs + atMs)
    expect((await manager.open(cookie)).userId).toBe(userId)
  })

  it('shorten a live session with one touch when it is opened', async () => {
    const { plugin, calls } = watched()
    const cookie = await begin(
      managerOf(plugin, { idleTimeoutMs: 10_000, absoluteTimeoutMs: 100_000 }),
      { visits: 1 },
      'ada',
    )
    const manager = managerOf(plugin, { idleTimeoutMs: 2000, absoluteTimeoutMs: 100_000 })
    vi.setSystemTime(startMs + 1000)
    await (await manager.open(cookie)).commit()
    expect((await manager.open(cookie)).expiresAtMs).toBe(startMs + 3000)
    calls.length = 0
    await (await manager.open(cookie)).commit()
    expect(calls).toEqual(['read'])
    vi.setSystemTime(startMs + 3000)
    expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('need no additional call if the timeouts have not changed', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, times)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    calls.length = 0
    for (const passedMs of [1000, 3000, 9000]) {
      vi.setSystemTime(startMs + passedMs)
      expect((await manager.open(cookie)).userId).toBe('ada')
    }
    expect(calls).toEqual(['read', 'read', 'touch', 'read', 'touch'])
  })
})

it('rejects a change or a rotation of a session that reached its absolute expiry during the request', async () => {
  for (const change of ['data', 'rotate']) {
    const manager = managerOf(unsealedSessions(), { idleTimeoutMs: 10_000, absoluteTimeoutMs: 10_000 })
    vi.setSystemTime(startMs)
    const session = await manager.open(await begin(manager, { visits: 1 }, 'ada'))
    vi.setSystemTime(startMs + 10_000)
    if (change === 'data') session.data.visits = 2
    else session.rotate()
    await expect(session.commit()).rejects.toMatchObject({ code: 'NotFound', reason: 'expired' })
  }
})

describe('a sign-in', () => {
  it('restarts both timeouts for a guest of any age, as NIST SP 800-63B-4 requires', async () => {
    const manager = managerOf(watched().plugin, times)
    let guest = await manager.open(await begin(manager, { visits: 1 }))
    const cookie = await begin(manager, { visits: 1 })
    for (const passedMs of [9000, 18_000, 24_000]) {
      vi.setSystemTime(startMs + passedMs)
      guest = await manager.open(cookie)
      if (passedMs < 24_000) await guest.commit()
    }
    guest.signIn('ada')
    expect(guest.absoluteExpiresAtMs).toBe(startMs + 49_000)
    const setCookies = await guest.commit()
    expect(setCookies[0]).toContain('; Max-Age=25;')
    const session = await manager.open(cookieAfter(setCookies))
    expect([session.userId, session.data]).toEqual(['ada', { visits: 1 }])
    expect(session.expiresAtMs).toBe(startMs + 34_000)
    expect(session.absoluteExpiresAtMs).toBe(startMs + 49_000)
  })

  it('of the same user is a reauthentication and restarts both timeouts', async () => {
    const manager = managerOf(watched().plugin, times)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    vi.setSystemTime(startMs + 9000)
    const again = await manager.open(cookie)
    again.signIn('ada')
    const setCookies = await again.commit()
    expect(setCookies[0]).toContain('; Max-Age=25;')
    const session = await manager.open(cookieAfter(setCookies))
    expect([session.expiresAtMs, session.absoluteExpiresAtMs]).toEqual([startMs + 19_000, startMs + 34_000])
  })

  it('restarts both timeouts with another user, and after a sign-out', async () => {
    const manager = managerOf(watched().plugin, times)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    vi.setSystemTime(startMs + 9000)
    const other = await manager.open(cookie)
    other.signIn('grace')
    expect(other.absoluteExpiresAtMs).toBe(startMs + 34_000)
    const after = await manager.open(cookieAfter(await other.commit()))
    expect(after.absoluteExpiresAtMs).toBe(startMs + 34_000)
    after.signOut()
    after.signIn('grace')
    vi.setSystemTime(startMs + 10_000)
    expect((await manager.open(cookieAfter(await after.commit()))).absoluteExpiresAtMs).toBe(startMs + 35_000)
  })

  it('works for a session that reaches its absolute expiry during the request', async () => {
    const manager = managerOf(watched().plugin, { ...times, idleTimeoutMs: 25_000 })
    const session = await manager.open(await begin(manager, { visits: 1 }))
    vi.setSystemTime(startMs + 26_000)
    session.signIn('ada')
    expect((await session.commit())[0]).toContain('; Max-Age=25;')
  })
})

it('keeps the absolute expiry across rotations, also on later requests', async () => {
  const manager = managerOf(watched().plugin, times)
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  vi.setSystemTime(startMs + 9000)
  const rotating = await manager.open(cookie)
  rotating.rotate()
  expect(rotating.absoluteExpiresAtMs).toBe(startMs + 25_000)
  const setCookies = await rotating.commit()
  expect(setCookies[0]).toContain('; Max-Age=16;')

  vi.setSystemTime(startMs + 18_000)
  const again = await manager.open(cookieAfter(setCookies))
  expect(again.createdAtMs).toBe(startMs + 9000)
  again.data.visits = 2
  again.rotate()
  const rotated = await manager.open(cookieAfter(await again.commit()))
  expect(rotated.createdAtMs).toBe(startMs + 18_000)
  expect([rotated.absoluteExpiresAtMs, rotated.expiresAtMs]).toEqual([startMs + 25_000, startMs + 25_000])
})

describe('a sign-in with remember', () => {
  const remember = { idleTimeoutMs: 100_000, absoluteTimeoutMs: 300_000 }

  it('uses the timeouts of the option remember, also for later touches and rotations', async () => {
    const manager = managerOf(watched().plugin, { ...times, touchIntervalMs: undefined, remember })
    const session = await manager.open(null)
    session.signIn('ada', { remember: true })
    const setCookies = await session.commit()
    expect(setCookies[0]).toContain('; Max-Age=300;')
    vi.setSystemTime(startMs + 50_000)
    const later = await manager.open(cookieAfter(setCookies))
    expect(later.expiresAtMs).toBe(startMs + 150_000)
    later.rotate()
    const rotated = cookieAfter(await later.commit())
    vi.setSystemTime(startMs + 60_000)
    await (await manager.open(rotated)).commit()
    const touched = await manager.open(rotated)
    expect(touched.expiresAtMs).toBe(startMs + 160_000)
    expect(touched.absoluteExpiresAtMs).toBe(startMs + 300_000)
  })

  it('is undone by the next sign-in without remember', async () => {
    const manager = managerOf(watched().plugin, { ...times, remember })
    const session = await manager.open(null)
    session.signIn('ada', { remember: true })
    const again = await manager.open(cookieAfter(await session.commit()))
    again.signIn('ada')
    expect((await again.commit())[0]).toContain('; Max-Age=25;')
  })

  it('throws if the manager has no option remember', async () => {
    const session = await managerOf(watched().plugin, times).open(null)
    expect(() => session.signIn('ada', { remember: true })).toThrow(TypeError)
    expect(session.userId).toBeUndefined()
  })
})
