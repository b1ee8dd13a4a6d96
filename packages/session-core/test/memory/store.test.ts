import type { SessionId } from '@bext/session-core'
import { supportsClose, supportsCompare, supportsSweep, supportsUserIndex } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

const options = (ttlMs = 60_000): { dataJson: string; ttlMs: number } => ({ dataJson: '{}', ttlMs })

/** Starts counting how many entries of maps are visited. */
function countVisits(): () => number {
  const iterator = Object.getPrototypeOf(new Map().entries()) as { next: () => unknown }
  const spies = [vi.spyOn(iterator, 'next'), vi.spyOn(Map.prototype, 'get')]
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()))
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
}

async function pass(ms: number): Promise<void> {
  const endMs = Date.now() + ms
  while (Date.now() <= endMs) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('memorySessions', () => {
  it('throws a TypeError for wrong options', () => {
    for (const maxSessions of [0, -1, 1.5, Number.NaN, '5', null]) {
      expect(() => memorySessions({ maxSessions: maxSessions as number })).toThrowError(
        /maxSessions must be a positive/,
      )
    }
    expect(() => memorySessions({ maxDataBytes: 0 })).toThrowError(/maxDataBytes must be a positive integer/)
    expect(() => memorySessions({ ttl: 5 } as object)).toThrowError(/there is no option "ttl"/)
    expect(() => memorySessions(null as never)).toThrowError(TypeError)
  })

  it('rejects a session over maxSessions, and deletes no live session to make room', async () => {
    const store = memorySessions({ maxSessions: 2 })
    const first = await store.create(options())
    await store.create(options())
    await expect(store.create(options())).rejects.toMatchObject({ code: 'Backend', reason: 'full' })
    await expect(store.read(first)).resolves.toMatchObject({ dataJson: '{}' })
    await store.delete(first)
    await expect(store.create(options())).resolves.toBeTypeOf('string')
  })

  it('visits no record to reject a session, even with many records', async () => {
    const maxSessions = 3000
    const store = memorySessions({ maxSessions })
    for (let n = 0; n < maxSessions; n += 1) await store.create(options(60_000 + n))
    const visits = countVisits()
    for (let n = 0; n < 100; n += 1) {
      await expect(store.create(options())).rejects.toMatchObject({ reason: 'full' })
    }
    expect(visits()).toBeLessThan(1000)
  })

  it('visits few records to replace an expired session', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const maxSessions = 3000
    const store = memorySessions({ maxSessions })
    const ids = []
    for (let n = 0; n < maxSessions; n += 1) ids.push(await store.create(options(1000 + n)))
    // Half of the sessions are extended, so that their first expiry is not their last.
    for (const id of ids.filter((_, n) => n % 2 === 0)) await store.touch(id, 60_000)
    const visits = countVisits()
    for (let n = 0; n < 100; n += 1) {
      vi.advanceTimersByTime(n === 0 ? 1001 : 2)
      await store.create(options())
      await expect(store.create(options())).rejects.toMatchObject({ reason: 'full' })
    }
    expect(visits()).toBeLessThan(2000)
  })

  it('keeps every live session until its expiry, through random creates, touches and deletes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const store = memorySessions()
    const expiries = new Map<SessionId, number>()
    let seed = 1
    const next = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit
    for (let n = 0; n < 5000; n += 1) {
      vi.advanceTimersByTime(next(3))
      const ttlMs = 1 + next(2000)
      const id = [...expiries.keys()][next(20)]
      if (id === undefined || n % 3 === 0) {
        expiries.set(await store.create(options(ttlMs)), Date.now() + ttlMs)
      } else if ((expiries.get(id) ?? 0) > Date.now()) {
        if (n % 5 === 0) {
          await store.delete(id)
          expiries.delete(id)
        } else {
          await store.touch(id, ttlMs)
          expiries.set(id, Date.now() + ttlMs)
        }
      } else {
        await expect(store.read(id)).rejects.toMatchObject({ code: 'NotFound' })
        expiries.delete(id)
      }
    }
    for (const [id, expiresAtMs] of expiries) {
      if (expiresAtMs > Date.now()) expect(await store.read(id)).toMatchObject({ expiresAtMs })
      else await expect(store.read(id)).rejects.toMatchObject({ code: 'NotFound' })
    }
  })

  it('does not count expired sessions against maxSessions', async () => {
    const store = memorySessions({ maxSessions: 2 })
    await Promise.all([store.create(options(1)), store.create(options(1))])
    await pass(2)
    await expect(store.create(options())).resolves.toBeTypeOf('string')
  })

  it('removes expired sessions without a sweep', async () => {
    const store = memorySessions()
    for (let n = 0; n < 1500; n += 1) await store.create(options(1))
    await pass(2)
    for (let n = 0; n < 1500; n += 1) await store.create(options())
    let swept = 0
    for (let more = true; more;) {
      const result = await store.sweep()
      swept += result.removed
      more = result.more
    }
    expect(swept).toBeLessThan(1500)
  })

  it('supports the user index, sweep and compare, and not close', () => {
    const store = memorySessions()
    expect(supportsUserIndex(store)).toBe(true)
    expect(supportsSweep(store)).toBe(true)
    expect(supportsCompare(store)).toBe(true)
    expect(supportsClose(store)).toBe(false)
  })

  it('O4 data that is compared with another type is Invalid', async () => {
    const store = memorySessions()
    const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const [first] = await store.listUserRecords('ann')
    const invalid = { code: 'Invalid', reason: 'bad_argument' }
    await expect(store.updateIfUnchanged(id, null as unknown as string, '1')).rejects.toMatchObject(invalid)
    const call = store.updateUserRecord('ann', first?.handle ?? '', 7 as unknown as string, '1')
    await expect(call).rejects.toMatchObject(invalid)
    expect((await store.read(id)).dataJson).toBe('{}')
  })

  it('uses no timer, so that a process can exit', async () => {
    vi.useFakeTimers()
    try {
      const store = memorySessions({ maxSessions: 5 })
      await store.create(options(50))
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
