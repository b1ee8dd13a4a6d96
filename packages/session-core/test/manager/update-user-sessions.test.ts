import type { SessionId } from '@bext/session-core'
import { memorySessions, type MemorySessions } from '@bext/session-core/memory'
import { expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf, type Visit } from './helpers.js'

const rejecting = { onConflict: 'reject' } as const

function idIn(cookie: string): SessionId {
  return cookie.slice(cookie.indexOf('=') + 1) as SessionId
}

function takeNote(data: Visit): void {
  delete data.note
}

/** Changes data to a value that cannot be stored. */
function takeOnMap(data: Visit): void {
  Object.assign(data, { visits: new Map() })
}

/** Calls `hook` once, before the first call of the method reaches the store. */
function before(store: MemorySessions, method: 'updateUserRecord' | 'listUserRecords', hook: () => Promise<unknown>) {
  let isFirst = true
  return new Proxy(store, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (key !== method || typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        if (isFirst) {
          isFirst = false
          await hook()
        }
        return Reflect.apply(value, target, args) as Promise<unknown>
      }
    },
  })
}

it("changes the data of each of the user's sessions, keeps the rest, and signs nobody out", async () => {
  const store = memorySessions()
  const manager = managerOf(store, { ...rejecting, remember: { idleTimeoutMs: 9e6, absoluteTimeoutMs: 9e7 } })
  const session = await manager.open(null)
  session.data = { note: 'admin', visits: 3 }
  session.signIn('ada', { remember: true })
  const remembered = cookieAfter(await session.commit())
  const plain = await begin(manager, { note: 'admin' }, 'ada')
  const without = await begin(manager, {}, 'ada')
  const other = await begin(manager, { note: 'admin' }, 'grace')
  const earlier = await manager.open(remembered)
  const result = await manager.updateUserSessions('ada', takeNote)
  expect(result).toEqual({ changed: 2, unchanged: 1, missed: 0, gone: 0 })
  const after = await manager.open(remembered)
  expect(after.data).toEqual({ visits: 3 })
  expect(after.absoluteExpiresAtMs).toBe(earlier.absoluteExpiresAtMs)
  for (const cookie of [plain, without]) expect((await manager.open(cookie)).data).toEqual({})
  expect((await manager.open(other)).data).toEqual({ note: 'admin' })
})

it('accepts new data, also asynchronously', async () => {
  const manager = managerOf(memorySessions(), rejecting)
  const cookie = await begin(manager, { note: 'admin' }, 'ada')
  await manager.updateUserSessions('ada', async ({ note }) => ({ visits: note?.length ?? 0 }))
  expect((await manager.open(cookie)).data).toEqual({ visits: 5 })
})

it('repeats a change that met another, and loses neither', async () => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  const cookie = await begin(manager, { note: 'admin' }, 'ada')
  const change = vi.fn(takeNote)
  const racing = before(store, 'updateUserRecord', async () => {
    const session = await manager.open(cookie)
    session.data.visits = 7
    await session.commit()
  })
  const result = await managerOf(racing, rejecting).updateUserSessions('ada', change)
  expect(result).toEqual({ changed: 1, unchanged: 0, missed: 0, gone: 0 })
  expect(change).toHaveBeenCalledTimes(2)
  expect((await manager.open(cookie)).data).toEqual({ visits: 7 })
})

it('counts each session once, also if another one has to be repeated', async () => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  const cookies = [await begin(manager, { note: 'admin' }, 'ada'), await begin(manager, { note: 'admin' }, 'ada')]
  await begin(manager, {}, 'ada')
  const racing = before(store, 'updateUserRecord', async () => {
    const session = await manager.open(cookies[0])
    session.data.visits = 7
    await session.commit()
  })
  const result = await managerOf(racing, rejecting).updateUserSessions('ada', takeNote)
  expect(result).toEqual({ changed: 2, unchanged: 1, missed: 0, gone: 0 })
})

it('counts a session that was changed at each attempt as missed', async () => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  const cookie = await begin(manager, { note: 'admin' }, 'ada')
  let visits = 0
  const result = await manager.updateUserSessions('ada', async (data) => {
    visits += 1
    await store.update(idIn(cookie), JSON.stringify({ note: 'admin', visits }))
    takeNote(data)
  })
  expect(result).toEqual({ changed: 0, unchanged: 0, missed: 1, gone: 0 })
  expect(visits).toBe(20)
})

it('changes the session that replaced another meanwhile, and revives none that ended', async () => {
  for (const step of ['rotate', 'signIn', 'signOut'] as const) {
    const store = memorySessions()
    const manager = managerOf(store, rejecting)
    const cookie = await begin(manager, { note: 'admin' }, 'ada')
    let replaced = ''
    const racing = before(store, 'updateUserRecord', async () => {
      const session = await manager.open(cookie)
      if (step === 'signIn') session.signIn('ada')
      else session[step]()
      replaced = cookieAfter(await session.commit())
    })
    const result = await managerOf(racing, rejecting).updateUserSessions('ada', takeNote)
    expect(result).toEqual({ changed: step === 'signOut' ? 0 : 1, unchanged: 0, missed: 0, gone: 1 })
    expect((await manager.open(cookie)).userId).toBeUndefined()
    if (step !== 'signOut') expect((await manager.open(replaced)).data).toEqual({})
  }
})

it.for(['rotate', 'signIn'] as const)('a %s that read the data before the change conflicts with it', async (step) => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  const cookie = await begin(manager, { note: 'admin' }, 'ada')
  const session = await manager.open(cookie)
  if (step === 'signIn') session.signIn('ada')
  else session.rotate()
  await manager.updateUserSessions('ada', takeNote)
  await expect(session.commit()).rejects.toMatchObject({ reason: 'conflict' })
  expect((await manager.open(cookie)).data).toEqual({})
  expect(await store.listUserSessions('ada')).toHaveLength(1)
})

it('reads the list again if a session in it is about to be replaced', async () => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  const session = await manager.open(await begin(manager, { note: 'admin' }, 'ada'))
  session.rotate({ graceMs: 60_000 })
  const replaced = cookieAfter(await session.commit())
  // The first list was read before the new session was in it.
  let lists = 0
  const torn = new Proxy(store, {
    get: (target, key): unknown =>
      key === 'listUserRecords'
        ? async (userId: string) => {
            lists += 1
            const listed = await target.listUserRecords(userId)
            return lists === 1 ? listed.filter(({ dataJson }) => dataJson.startsWith('[1,2,')) : listed
          }
        : Reflect.get(target, key),
  })
  await managerOf(torn, rejecting).updateUserSessions('ada', takeNote)
  expect((await manager.open(replaced)).data).toEqual({})
})

it('stores nothing that a commit would refuse, and counts stored data that is invalid as missed', async () => {
  const store = memorySessions()
  const manager = managerOf(store, rejecting)
  await begin(manager, { note: 'admin' }, 'ada')
  await expect(manager.updateUserSessions('ada', takeOnMap)).rejects.toMatchObject({ code: 'Invalid' })
  const strict = managerOf(store, {
    ...rejecting,
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          (value as Visit).note === 'admin' ? { issues: [{ message: 'no' }] } : { value: value as Visit },
      },
    },
  })
  expect(await strict.updateUserSessions('ada', takeNote)).toMatchObject({ changed: 0, missed: 1 })
  await begin(strict, {}, 'grace')
  const refused = strict.updateUserSessions('grace', () => ({ note: 'admin' }))
  await expect(refused).rejects.toMatchObject({ code: 'Invalid' })
})

it("needs onConflict 'reject', a store with records by user, and a user id", async () => {
  await expect(managerOf(memorySessions()).updateUserSessions('ada', takeNote)).rejects.toThrow(/onConflict: 'reject'/)
  const plain = { ...memorySessions(), listUserRecords: undefined }
  await expect(managerOf(plain, rejecting).updateUserSessions('ada', takeNote)).rejects.toThrow(/supportsUserRecords/)
  const none = managerOf(memorySessions(), rejecting).updateUserSessions('', takeNote)
  await expect(none).rejects.toMatchObject({ code: 'Invalid' })
})
