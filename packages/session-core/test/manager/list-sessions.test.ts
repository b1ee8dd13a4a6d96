import { memorySessions } from '@bext/session-core/memory'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { begin, managerOf, watched, type Visit } from './helpers.js'

const minuteMs = 60_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const describeVisit = ({ visits, note }: Visit): string => `${note ?? 'unknown'}, ${visits ?? 0} visits`

it('describes each session by its data, in a request and outside of one', async () => {
  const manager = managerOf(memorySessions())
  const laptop = await begin(manager, { note: 'laptop', visits: 1 }, 'ada')
  vi.advanceTimersByTime(1000)
  await begin(manager, { note: 'phone', visits: 2 }, 'ada')
  await begin(manager, { note: 'tablet', visits: 3 }, 'grace')
  const session = await manager.open(laptop)
  const listed = await session.listSessions({ describe: describeVisit })
  expect(listed.map(({ description, isCurrent }) => [description, isCurrent])).toEqual([
    ['laptop, 1 visits', true],
    ['phone, 2 visits', false],
  ])
  const outside = await manager.listUserSessions('ada', { describe: describeVisit })
  expect(listed).toEqual(outside.map((each, index) => ({ ...each, isCurrent: index === 0 })))
})

it('says when a session was last seen, by the time of its last touch', async () => {
  const { plugin, calls } = watched()
  const manager = managerOf(plugin, { idleTimeoutMs: 30 * minuteMs })
  const cookie = await begin(manager, {}, 'ada')
  const beganAtMs = Date.now()
  const lastSeenMs = async () => ((await manager.listUserSessions('ada'))[0]?.lastSeenAtMs ?? 0) - beganAtMs
  expect(await lastSeenMs()).toBe(0)
  for (const [afterMinutes, seenMinutes] of [
    [2, 0],
    [5, 5],
    [7, 5],
    [20, 20],
  ] as const) {
    vi.setSystemTime(beganAtMs + afterMinutes * minuteMs)
    await manager.open(cookie)
    expect(await lastSeenMs()).toBe(seenMinutes * minuteMs)
  }
  expect(calls.filter((call) => call !== 'read')).toEqual(['create', 'touch', 'touch'])
})

it('has a last use that is behind by at most the idle timeout once the absolute timeout limits the session, and never ahead', async () => {
  const manager = managerOf(memorySessions(), { idleTimeoutMs: 30 * minuteMs, absoluteTimeoutMs: 60 * minuteMs })
  const cookie = await begin(manager, {}, 'ada')
  const beganAtMs = Date.now()
  for (const [afterMinutes, seenMinutes] of [
    [25, 25],
    [35, 30],
    [59, 30],
  ] as const) {
    vi.setSystemTime(beganAtMs + afterMinutes * minuteMs)
    await manager.open(cookie)
    const [listed] = await manager.listUserSessions('ada')
    expect(listed?.lastSeenAtMs).toBe(beganAtMs + seenMinutes * minuteMs)
  }
})

it('leaves out a session that a rotation has replaced, and lists what it cannot read', async () => {
  const store = memorySessions()
  const manager = managerOf(store)
  const session = await manager.open(await begin(manager, {}, 'ada'))
  session.rotate({ graceMs: minuteMs })
  await session.commit()
  vi.advanceTimersByTime(1000)
  await store.create({ userId: 'ada', dataJson: '[2,"of the future"]', ttlMs: minuteMs })
  const listed = await manager.listUserSessions('ada', { describe: describeVisit })
  expect(listed.map(({ description, familyId }) => [description, familyId])).toEqual([
    ['unknown, 0 visits', session.familyId],
    [undefined, undefined],
  ])
})

it('has no description for data that the schema refuses, and converts data of an older shape', async () => {
  const store = memorySessions()
  const old = managerOf(store)
  await begin(old, { note: 'old' }, 'ada')
  vi.advanceTimersByTime(1000)
  await begin(old, { note: 'bad' }, 'ada')
  const manager = managerOf(store, {
    migrateData(stored) {
      const { note } = stored as Visit
      if (note === 'bad') throw new Error('cannot be converted')
      return { note: 'new' }
    },
  })
  const listed = await manager.listUserSessions('ada', { describe: ({ note }) => note })
  expect(listed.map(({ description }) => description)).toEqual(['new', undefined])
})

it('lists without details over a store that lists no data, and refuses describe', async () => {
  const plain = { ...memorySessions(), listUserRecords: undefined }
  const manager = managerOf(plain)
  const cookie = await begin(manager, {}, 'ada')
  expect(manager.supportsUserRecords).toBe(false)
  const [listed] = await (await manager.open(cookie)).listSessions()
  expect(listed).toMatchObject({ isCurrent: true, lastSeenAtMs: undefined, description: undefined })
  await expect(manager.listUserSessions('ada', { describe: describeVisit })).rejects.toThrow(/supportsUserRecords/)
  await expect(manager.listUserSessions('ada', { described: describeVisit } as object)).rejects.toThrow(/described/)
  await expect(manager.listUserSessions('ada', { describe: 5 } as object)).rejects.toThrow(
    /describe must be a function/,
  )
})

it("ends a session by its handle outside of a request, and not another user's", async () => {
  const manager = managerOf(memorySessions())
  const cookie = await begin(manager, {}, 'ada')
  const [listed] = await manager.listUserSessions('ada')
  const handle = listed?.handle ?? ''
  expect(await manager.endUserSession('grace', handle)).toBe(false)
  expect(await manager.endUserSession('ada', handle)).toBe(true)
  expect(await manager.endUserSession('ada', handle)).toBe(false)
  expect((await manager.open(cookie)).userId).toBeUndefined()
  await expect(manager.endUserSession('', handle)).rejects.toMatchObject({ code: 'Invalid' })
})
