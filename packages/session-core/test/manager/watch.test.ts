import { SessionError, type SessionId } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backendError, begin, managerOf, unsealedSessions, watched } from './helpers.js'

const watchIntervalMs = 1000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function idIn(cookie: string): SessionId {
  return cookie.slice(cookie.indexOf('=') + 1) as SessionId
}

describe('read', () => {
  it('knows no absolute timeout of a session that another program created', async () => {
    const store = memorySessions()
    const foreign = { ...store, read: async (id: SessionId) => ({ ...(await store.read(id)), createdAtMs: 0 }) }
    const id = await store.create({ userId: 'ada', dataJson: '{}', ttlMs: 60_000 })
    const read = await managerOf(foreign).read(`__Host-session=${id}`)
    expect(read).toMatchObject({ userId: 'ada', authenticatedAtMs: undefined, absoluteExpiresAtMs: undefined })
  })

  it('resolves to the session, and neither extends it nor lets it be changed', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(cookie)
    vi.advanceTimersByTime(10 * 60_000)
    calls.length = 0
    const read = await manager.read(cookie)
    expect(calls).toEqual(['read'])
    expect(read).toMatchObject({
      userId: 'ada',
      data: { visits: 1 },
      handle: session.handle,
      familyId: session.familyId,
      authenticatedAtMs: session.authenticatedAtMs,
      expiresAtMs: session.expiresAtMs,
      absoluteExpiresAtMs: session.absoluteExpiresAtMs,
    })
    expect(() => {
      if (read) read.data.visits = 2
    }).toThrow(TypeError)
  })

  it('resolves to undefined without a live session, and rejects if the store fails', async () => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, {}, 'ada')
    for (const none of [null, undefined, '', 'other=1', '__Host-session=x'])
      expect(await manager.read(none)).toBeUndefined()
    failures.read = backendError()
    await expect(manager.read(cookie)).rejects.toMatchObject({ code: 'Backend' })
  })
})

async function watching(plugin = memorySessions()) {
  const manager = managerOf(plugin, { watchIntervalMs })
  const cookie = await begin(manager, {}, 'ada')
  const snapshot = await manager.read(cookie)
  const watch = snapshot?.watch() ?? expect.fail('no session')
  return { manager, plugin, cookie, snapshot, watch, isOver: () => watch.signal.aborted }
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

describe('watch', () => {
  it.for(['signOut', 'rotate', 'signIn', 'grace', 'delete'] as const)('aborts in time after %s', async (how) => {
    const { manager, plugin, cookie, isOver } = await watching()
    await pass(3 * watchIntervalMs)
    expect(isOver()).toBe(false)
    const session = await manager.open(cookie)
    if (how === 'delete') await plugin.delete(idIn(cookie))
    else if (how === 'grace') session.rotate({ graceMs: 60_000 })
    else if (how === 'signIn') session.signIn('grace')
    else session[how]()
    if (how !== 'delete') await session.commit()
    expect(isOver()).toBe(false)
    await pass(watchIntervalMs)
    expect(isOver()).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('aborts when the session expires, or has another user under its id', async () => {
    const expiring = await watching()
    await pass(30 * 60_000 + watchIntervalMs)
    expect(expiring.isOver()).toBe(true)
    const other = await watching()
    const id = idIn(other.cookie)
    await other.plugin.delete(id)
    await other.plugin.createWithId(id, { userId: 'grace', dataJson: '{}', ttlMs: 60_000 })
    await pass(watchIntervalMs)
    expect(other.isOver()).toBe(true)
  })

  it('aborts for a record that no request can open any more', async () => {
    const broken = await watching()
    await broken.plugin.update(idIn(broken.cookie), '5')
    await pass(watchIntervalMs)
    expect(broken.isOver()).toBe(true)
    const { plugin, failures } = watched()
    const corrupt = await watching(plugin as ReturnType<typeof memorySessions>)
    failures.read = new SessionError('corrupt', 'Another program has written to the key.')
    await pass(watchIntervalMs)
    expect(corrupt.isOver()).toBe(true)
  })

  it('aborts the signals of all sockets of a session', async () => {
    const { plugin, cookie, snapshot, isOver } = await watching()
    const second = snapshot?.watch()
    await plugin.delete(idIn(cookie))
    await pass(watchIntervalMs)
    expect([isOver(), second?.signal.aborted]).toEqual([true, true])
  })

  it('does not keep the process running', async () => {
    const start = vi.spyOn(globalThis, 'setInterval')
    await watching()
    expect(start).toHaveBeenCalledOnce()
    const timer: unknown = start.mock.results[0]?.value
    expect((timer as NodeJS.Timeout).hasRef()).toBe(false)
    start.mockRestore()
  })

  it('does not abort for a change of the data, a touch, or a store that fails', async () => {
    const { plugin, failures } = watched()
    const { manager, cookie, isOver } = await watching(plugin as ReturnType<typeof memorySessions>)
    const session = await manager.open(cookie)
    session.data.visits = 2
    await session.commit()
    await plugin.touch(idIn(cookie), 3_600_000)
    await pass(2 * watchIntervalMs)
    failures.read = backendError()
    await pass(5 * watchIntervalMs)
    expect(isOver()).toBe(false)
    delete failures.read
    await plugin.delete(idIn(cookie))
    await pass(watchIntervalMs)
    expect(isOver()).toBe(true)
  })

  it('reads a session once in an interval for all its sockets, and spreads sessions over the interval', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, { watchIntervalMs })
    const cookies = await Promise.all(Array.from({ length: 20 }, () => begin(manager, {}, 'ada')))
    for (const cookie of [...cookies, ...cookies]) (await manager.read(cookie))?.watch()
    calls.length = 0
    const perTick: number[] = []
    for (let tick = 0; tick < 10; tick += 1) {
      await pass(watchIntervalMs / 10)
      perTick.push(calls.splice(0).length)
    }
    expect(perTick).toEqual(Array.from({ length: 10 }, () => 2))
  })

  it('reads no session any more that has ended, or whose last socket is closed', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, { watchIntervalMs })
    const cookies = await Promise.all(['ada', 'grace', 'eve'].map((userId) => begin(manager, {}, userId)))
    const watches = await Promise.all(cookies.map(async (cookie) => (await manager.read(cookie))?.watch()))
    await plugin.delete(idIn(cookies[0] ?? ''))
    watches[1]?.stop()
    await pass(watchIntervalMs)
    calls.length = 0
    await pass(3 * watchIntervalMs)
    expect(calls).toEqual(['read', 'read', 'read'])
  })

  it('starts no further reads of sessions whose reads have not been answered', async () => {
    const store = memorySessions()
    let open = 0
    let isHanging = false
    const hanging = new Proxy(store, {
      get: (target, key): unknown =>
        key === 'read' && isHanging ? () => new Promise(() => (open += 1)) : Reflect.get(target, key),
    })
    const { isOver } = await watching(hanging)
    isHanging = true
    await pass(20 * watchIntervalMs)
    expect([open, isOver()]).toEqual([1, false])
  })

  it('stops with the last watch, whose signal then never aborts', async () => {
    const { manager, cookie, snapshot, watch } = await watching()
    const second = snapshot?.watch()
    watch.stop()
    expect(vi.getTimerCount()).toBe(1)
    second?.stop()
    second?.stop()
    expect(vi.getTimerCount()).toBe(0)
    const session = await manager.open(cookie)
    session.signOut()
    await session.commit()
    await pass(2 * watchIntervalMs)
    expect([watch.signal.aborted, second?.signal.aborted]).toEqual([false, false])
    const late = snapshot?.watch()
    await pass(watchIntervalMs)
    expect(late?.signal.aborted).toBe(true)
  })

  it('keeps a later watch of the same session when an earlier one stops, or its read ends', async () => {
    const store = memorySessions()
    let answer: (() => void) | undefined
    const slow = new Proxy(store, {
      get: (target, key): unknown =>
        key === 'read' && isSlow
          ? (id: SessionId) => new Promise((resolve) => (answer = () => resolve(target.read(id))))
          : Reflect.get(target, key),
    })
    let isSlow = false
    const { cookie, snapshot, watch, isOver } = await watching(slow)
    isSlow = true
    await pass(watchIntervalMs)
    watch.stop()
    const later = snapshot?.watch()
    isSlow = false
    await store.delete(idIn(cookie))
    answer?.()
    await pass(watchIntervalMs)
    expect([isOver(), later?.signal.aborted]).toEqual([false, true])

    const third = snapshot?.watch()
    watch.stop()
    later?.stop()
    await pass(watchIntervalMs)
    expect(third?.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('watches a sealed session until its cookie expires', async () => {
    const manager = managerOf(unsealedSessions(), { watchIntervalMs, idleTimeoutMs: 60_000 })
    const watch = (await manager.read(await begin(manager, {}, 'ada')))?.watch()
    await pass(59_000)
    expect(watch?.signal.aborted).toBe(false)
    await pass(2 * watchIntervalMs)
    expect(watch?.signal.aborted).toBe(true)
  })
})
