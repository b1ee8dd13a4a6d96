import type { OpenSession } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'
import type { Visit } from './helpers.js'

const nowMs = Date.UTC(2030, 0, 1)
const times = { idleTimeoutMs: 10_000, absoluteTimeoutMs: 25_000, touchIntervalMs: 2000 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs })
})

afterEach(() => {
  vi.useRealTimers()
})

function read({
  data,
  userId,
  createdAtMs,
  expiresAtMs,
  absoluteExpiresAtMs,
}: OpenSession<Visit>): Record<string, unknown> {
  return { data: { ...data }, userId, createdAtMs, expiresAtMs, absoluteExpiresAtMs }
}

describe.each([
  ['server-backed', () => memorySessions()],
  ['client-backed', () => unsealedSessions()],
])('after a commit, a session on a %s store', (_, store) => {
  it.each<[string, (session: OpenSession<Visit>) => void]>([
    ['nothing changed', () => undefined],
    ['data changed', (session) => void (session.data.visits = 2)],
    ['a sign-in', (session) => session.signIn('bob')],
    ['a rotation', (session) => session.rotate()],
    ['a sign-out', (session) => session.signOut()],
    [
      'a sign-out with a note',
      (session) => {
        session.signOut()
        session.data.note = 'Good bye'
      },
    ],
  ])('has the values that the next request reads: %s', async (_what, work) => {
    const manager = managerOf(store(), times)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    vi.setSystemTime(nowMs + 5000)
    const session = await manager.open(cookie)
    work(session)
    const setCookies = await session.commit()
    const next = await manager.open(setCookies.length > 0 ? cookieAfter(setCookies) : cookie)
    expect(read(session)).toEqual(read(next))
  })
})

it('has the expiry times of a new session', async () => {
  const session = await managerOf(watched().plugin, times).open(null)
  session.data.visits = 1
  await session.commit()
  const [expiresAtMs, absoluteExpiresAtMs] = [nowMs + 10_000, nowMs + 25_000]
  expect(read(session)).toEqual({
    data: { visits: 1 },
    userId: undefined,
    createdAtMs: nowMs,
    expiresAtMs,
    absoluteExpiresAtMs,
  })
})

it('has the absolute expiry of a sign-in before the commit, too', async () => {
  const remember = { idleTimeoutMs: 50_000, absoluteTimeoutMs: 90_000 }
  const session = await managerOf(watched().plugin, { ...times, remember }).open(null)
  expect(session.absoluteExpiresAtMs).toBeUndefined()
  session.signIn('ada')
  expect(session.absoluteExpiresAtMs).toBe(nowMs + 25_000)
  session.signIn('ada', { remember: true })
  expect(session.absoluteExpiresAtMs).toBe(nowMs + 90_000)
  await session.commit()
  expect(session.absoluteExpiresAtMs).toBe(nowMs + 90_000)
})

it('has the data as stored, even if an object of the data is changed later', async () => {
  const manager = createSessionManager({ store: memorySessions(), initialData: () => ({ items: ['tea'] }) })
  const session = await manager.open(null)
  const { items } = session.data
  items.push('milk')
  await session.commit()
  items.push('sugar')
  expect(session.data).toEqual({ items: ['tea', 'milk'] })
})

it('throws an error that says why at every change', async () => {
  const manager = createSessionManager({ store: memorySessions(), initialData: () => ({ items: [{ name: 'tea' }] }) })
  const session = await manager.open(null)
  session.signIn('ada')
  await session.commit()
  const changes: (() => unknown)[] = [
    () => (session.data = { items: [] }),
    () => (session.data.items = []),
    () => session.data.items.push({ name: 'milk' }),
    () => (session.data.items[0]!.name = 'milk'),
    () => Reflect.deleteProperty(session.data, 'items'),
    () => Object.defineProperty(session.data, 'items', { value: 1 }),
    () => session.signIn('bob'),
    () => session.rotate(),
    () => session.signOut(),
    () => session.signOutEverywhere(),
  ]
  for (const change of changes)
    expect(change).toThrow(/^The session is committed, so it can only be read\. Change it before the commit\.$/)
  await expect(session.endSession('handle')).rejects.toThrow('committed')
  await expect(session.commit()).rejects.toThrow('committed')
  expect(session.data).toEqual({ items: [{ name: 'tea' }] })
  expect(JSON.stringify(session.data)).toBe('{"items":[{"name":"tea"}]}')
})

it('lists the sessions of the user, and marks itself as the current one', async () => {
  const manager = managerOf(watched().plugin)
  await begin(manager, {}, 'ada')
  const session = await manager.open(null)
  session.signIn('ada')
  await session.commit()
  const listed = await session.listSessions()
  expect(listed).toHaveLength(2)
  expect(listed.filter(({ isCurrent }) => isCurrent)).toHaveLength(1)
})
