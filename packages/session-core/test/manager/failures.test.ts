import { SessionError } from '@bext/session-core'
import { describe, expect, it } from 'vitest'
import { backendError, begin, cookieAfter, managerOf, watched } from './helpers.js'

const everyRequest = { ttlMs: 60_000, touchAfterMs: 1 }

async function oneMillisecondLater(): Promise<void> {
  const startedAtMs = Date.now()
  while (Date.now() === startedAtMs) await new Promise((resolve) => setImmediate(resolve))
}

describe('a backend that fails', () => {
  it('is never taken for an ended session (E4)', async () => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    failures.read = backendError()
    await expect(manager.open(cookie)).rejects.toBe(failures.read)
    delete failures.read
    expect((await manager.open(cookie)).userId).toBe('ada')
  })

  it.each(['create', 'update', 'touch', 'delete'] as const)('makes a commit reject that needs %s', async (method) => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin, everyRequest)
    const cookie = await begin(manager, { visits: 1 })
    await oneMillisecondLater()
    const session = await manager.open(cookie)
    if (method === 'create') session.signIn('ada')
    if (method === 'update') session.data.visits = 2
    if (method === 'delete') session.signOut()
    failures[method] = backendError()
    await expect(session.commit()).rejects.toBe(failures[method])
  })

  it('hands out no session at a sign-in whose old session cannot be ended', async () => {
    const { plugin, calls, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    const session = await manager.open(cookie)
    calls.length = 0
    session.signIn('ada')
    failures.delete = backendError()
    await expect(session.commit()).rejects.toBe(failures.delete)
    expect(calls).toEqual(['create', 'delete', 'delete'])
    expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('leaves the old session alone at a sign-in whose new session cannot be created', async () => {
    const { plugin, calls, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    const session = await manager.open(cookie)
    calls.length = 0
    session.signIn('ada')
    failures.create = backendError()
    await expect(session.commit()).rejects.toBe(failures.create)
    expect(calls).toEqual(['create'])
    expect((await manager.open(cookie)).data).toEqual({ visits: 1 })
  })
})

describe('a session that was ended by another request meanwhile', () => {
  it('is not brought back by a change: the commit rejects with NotFound (U3)', async () => {
    const manager = managerOf(watched().plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const slow = await manager.open(cookie)
    const other = await manager.open(cookie)
    other.signOut()
    await other.commit()
    slow.data.visits = 2
    await expect(slow.commit()).rejects.toMatchObject({ code: 'NotFound' })
    expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('is not brought back by a touch, and a request that changed nothing lost nothing (T3)', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, everyRequest)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    await oneMillisecondLater()
    const slow = await manager.open(cookie)
    const other = await manager.open(cookie)
    other.signOut()
    await other.commit()
    calls.length = 0
    expect(await slow.commit()).toEqual([])
    expect(calls).toEqual(['touch'])
    expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('makes a commit reject that changed it, also if it ended between the update and the touch', async () => {
    const { plugin, calls, failures } = watched()
    const manager = managerOf(plugin, everyRequest)
    const cookie = await begin(manager, { visits: 1 })
    await oneMillisecondLater()
    const session = await manager.open(cookie)
    session.data.visits = 2
    calls.length = 0
    failures.touch = new SessionError('unknown', 'There is no such session.')
    await expect(session.commit()).rejects.toBe(failures.touch)
    expect(calls).toEqual(['update', 'touch'])
  })

  it('does not keep its visitor from signing in', async () => {
    const manager = managerOf(watched().plugin)
    const cookie = await begin(manager, { visits: 1 })
    const slow = await manager.open(cookie)
    const other = await manager.open(cookie)
    other.signOut()
    await other.commit()
    slow.signIn('ada')
    expect((await manager.open(cookieAfter(await slow.commit()))).userId).toBe('ada')
  })
})
