import { memorySessions } from '@bext/session-core/memory'
import type { SessionManager } from '@bext/session-core/manager'
import { isSessionCommitError, SessionCommitError } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf } from './helpers.js'
import type { Visit } from './helpers.js'

/** Runs ten concurrent requests, each of which adds one visit. Resolves to one error or undefined for each request. */
async function addTenVisits(manager: SessionManager<Visit>, cookie: string): Promise<unknown[]> {
  const sessions = await Promise.all(Array.from({ length: 10 }, () => manager.open(cookie)))
  return Promise.all(
    sessions.map(async (session) => {
      session.data.visits = (session.data.visits ?? 0) + 1
      return session.commit().then(
        () => undefined,
        (error: unknown) => error,
      )
    }),
  )
}

describe('concurrent requests that change one session', () => {
  it('overwrite each other by default', async () => {
    const manager = managerOf(memorySessions())
    const cookie = await begin(manager, { visits: 0 })
    expect(await addTenVisits(manager, cookie)).toEqual(Array.from({ length: 10 }))
    expect((await manager.open(cookie)).data).toEqual({ visits: 1 })
  })

  it("fail, except for one, with onConflict: 'reject' (O4)", async () => {
    const manager = managerOf(memorySessions(), { onConflict: 'reject' })
    const cookie = await begin(manager, { visits: 0 })
    const errors = (await addTenVisits(manager, cookie)).filter((error) => error !== undefined)
    expect(errors).toHaveLength(9)
    for (const error of errors) expect(isSessionCommitError(error) && error.reason).toBe('conflict')
    expect((await manager.open(cookie)).data).toEqual({ visits: 1 })
  })

  it('lose no change if the failed requests repeat it', async () => {
    const manager = managerOf(memorySessions(), { onConflict: 'reject' })
    const cookie = await begin(manager, { visits: 0 })
    async function addVisit(): Promise<void> {
      const session = await manager.open(cookie)
      session.data.visits = (session.data.visits ?? 0) + 1
      await session.commit().catch((error: unknown) => {
        if (!isSessionCommitError(error)) throw error
        return addVisit()
      })
    }
    await Promise.all(Array.from({ length: 10 }, addVisit))
    expect((await manager.open(cookie)).data).toEqual({ visits: 10 })
  })
})

it("needs one store call for a change, also with onConflict: 'reject'", async () => {
  const store = memorySessions()
  const calls: string[] = []
  const plugin = new Proxy(store, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        calls.push(String(key))
        return Reflect.apply(value, target, args)
      }
    },
  })
  const manager = managerOf(plugin, { onConflict: 'reject' })
  const cookie = await begin(manager, { visits: 0 })
  calls.length = 0
  const session = await manager.open(cookie)
  session.data.visits = 1
  await session.commit()
  expect(calls).toEqual(['read', 'updateIfUnchanged'])
})

it('rejects a rotation of a session that was changed meanwhile, so that the change is not lost', async () => {
  const manager = managerOf(memorySessions(), { onConflict: 'reject' })
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  const rotating = await manager.open(cookie)
  await addTenVisits(manager, cookie)
  rotating.rotate()
  await expect(rotating.commit()).rejects.toThrow(SessionCommitError)
  expect((await manager.open(cookie)).data).toEqual({ visits: 2 })
})

it('rejects a change to a session that was rotated meanwhile, so that the old id expires', async () => {
  const manager = managerOf(memorySessions(), { onConflict: 'reject' })
  const cookie = await begin(manager, { visits: 1 }, 'ada')
  const slow = await manager.open(cookie)
  const rotating = await manager.open(cookie)
  rotating.rotate({ graceMs: 10_000 })
  const after = cookieAfter(await rotating.commit())
  slow.data.visits = 2
  await expect(slow.commit()).rejects.toMatchObject({ reason: 'conflict' })
  expect((await manager.open(after)).data).toEqual({ visits: 1 })
})

it('is recognised across copies of the package, and is not a SessionError', () => {
  const error = new SessionCommitError('conflict', 'text')
  expect(isSessionCommitError(error)).toBe(true)
  expect(isSessionCommitError(new Error('conflict'))).toBe(false)
  expect(isSessionCommitError(null)).toBe(false)
  expect(error.name).toBe('SessionCommitError')
  expect('code' in error).toBe(false)
})
