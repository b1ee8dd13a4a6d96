import type { OpenSession, SessionRejection } from '@bext/session-core/manager'
import { describe, expect, it, vi } from 'vitest'
import { backendError, begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'
import type { Visit } from './helpers.js'

const everyRequest = { idleTimeoutMs: 60_000, touchIntervalMs: 1 }

async function oneMillisecondLater(): Promise<void> {
  const startedAtMs = Date.now()
  while (Date.now() === startedAtMs) await new Promise((resolve) => setImmediate(resolve))
}

describe('a backend that fails', () => {
  it('is never reported as a missing session (E4)', async () => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    failures.read = backendError()
    await expect(manager.open(cookie)).rejects.toBe(failures.read)
    delete failures.read
    expect((await manager.open(cookie)).userId).toBe('ada')
  })

  it.each(['create', 'update', 'delete'] as const)('makes a commit reject that needs %s', async (method) => {
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

  it('does not make a request fail that only needs a touch; the next request tries again', async () => {
    const { plugin, calls, failures } = watched()
    const onRejection = vi.fn<(rejection: SessionRejection) => void>()
    const manager = managerOf(plugin, { ...everyRequest, onRejection })
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    await oneMillisecondLater()
    calls.length = 0
    failures.touch = backendError()
    const session = await manager.open(cookie)
    expect(session.userId).toBe('ada')
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read', 'touch'])
    expect(onRejection.mock.calls.map(([rejection]) => rejection)).toEqual([{ phase: 'open', reason: 'unavailable' }])
    delete failures.touch
    const { expiresAtMs = 0 } = await manager.open(cookie)
    expect(expiresAtMs).toBeGreaterThan(session.expiresAtMs ?? 0)
  })

  it('makes the commit of a sealed session reject that needs a touch', async () => {
    const { plugin, failures } = watched(unsealedSessions())
    const manager = managerOf(plugin, everyRequest)
    const cookie = await begin(manager, { visits: 1 })
    await oneMillisecondLater()
    const session = await manager.open(cookie)
    failures.touch = backendError()
    await expect(session.commit()).rejects.toBe(failures.touch)
  })

  it('sends no cookie at a sign-in if the old session cannot be deleted', async () => {
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

  it('keeps the old session at a sign-in if the new session cannot be created', async () => {
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

describe('a session that another request has deleted meanwhile', () => {
  it('is not revived by a change: the commit rejects with NotFound (U3)', async () => {
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

  it.each<[string, (session: OpenSession<Visit>) => void, string | undefined]>([
    ['a request that changed nothing lost nothing', () => undefined, undefined],
    ['a change is refused', (session) => void (session.data.visits = 2), 'NotFound'],
  ])('is not revived by the touch of a request: %s (T3)', async (_, work, code) => {
    const { plugin } = watched()
    const manager = managerOf(plugin, everyRequest)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    await oneMillisecondLater()
    const touch: typeof plugin.touch = async (id, idleTimeoutMs) => {
      await plugin.delete(id)
      return plugin.touch(id, idleTimeoutMs)
    }
    const slow = await managerOf({ ...plugin, touch }, everyRequest).open(cookie)
    work(slow)
    const committed = await slow.commit().catch((error: unknown) => error)
    expect(committed).toMatchObject(code === undefined ? [] : { code })
    expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('does not prevent the visitor from signing in', async () => {
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
