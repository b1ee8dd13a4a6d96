import { memorySessions } from '@bext/session-core/memory'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf } from './helpers.js'

const minuteMs = 60_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('is the time of the sign-in, also after a rotation, and is set again by a sign-in of the same user', async () => {
  const manager = managerOf(memorySessions())
  const signedInAtMs = Date.now()
  let session = await manager.open(await begin(manager, {}, 'ada'))
  vi.advanceTimersByTime(6 * minuteMs)
  session = await manager.open(cookieAfter((session.rotate(), await session.commit())))
  expect(session.authenticatedAtMs).toBe(signedInAtMs)
  expect([5, 7].map((minutes) => session.isAuthenticatedWithin(minutes * minuteMs))).toEqual([false, true])
  session.signIn('ada')
  expect(session.isAuthenticatedWithin(minuteMs)).toBe(true)
  await session.commit()
  expect(session.authenticatedAtMs).toBe(signedInAtMs + 6 * minuteMs)
  expect(session.isAuthenticatedWithin(minuteMs)).toBe(true)
})

it('is not set by an update, a touch or a page that only reads', async () => {
  const manager = managerOf(memorySessions())
  const cookie = await begin(manager, {}, 'ada')
  vi.advanceTimersByTime(6 * minuteMs)
  const session = await manager.open(cookie)
  session.data.visits = 1
  await session.commit()
  expect((await manager.open(cookie)).isAuthenticatedWithin(5 * minuteMs)).toBe(false)
})

it('is unknown for a guest, and for a session that another program signed in, also after its migration', async () => {
  const store = memorySessions()
  const foreign = { ...store, read: async (id) => ({ ...(await store.read(id)), createdAtMs: 0 }) } as typeof store
  const manager = managerOf(foreign)
  const id = await store.create({ userId: 'ada', dataJson: '{}', ttlMs: minuteMs })
  for (const change of ['keep', 'rotate'] as const) {
    const session = await manager.open(`__Host-session=${id}`)
    expect([session.userId, session.authenticatedAtMs]).toEqual(['ada', undefined])
    if (change === 'rotate') session.rotate()
    else session.data.visits = 1
    const cookie = cookieAfter(await session.commit())
    const later = await managerOf(store).open(cookie)
    expect([later.userId, later.authenticatedAtMs]).toEqual(['ada', undefined])
    expect(later.isAuthenticatedWithin(minuteMs)).toBe(false)
  }
  const guest = await managerOf(store).open(await begin(managerOf(store), { visits: 1 }))
  expect([guest.authenticatedAtMs, guest.isAuthenticatedWithin(minuteMs)]).toEqual([undefined, false])
})

it('refuses a time that is not a positive whole number', async () => {
  const session = await managerOf(memorySessions()).open(null)
  for (const withinMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as never]) {
    expect(() => session.isAuthenticatedWithin(withinMs)).toThrow(expect.objectContaining({ code: 'Invalid' }))
  }
})
