import { SessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import { describe, expect, it, vi } from 'vitest'

describe('withinDeadline', () => {
  it('resolves to the result of the work', async () => {
    await expect(withinDeadline(1000, async () => 7)).resolves.toBe(7)
  })

  it('rejects with Backend, reason timeout, if the work does not settle (E5)', async () => {
    const call = withinDeadline(20, () => new Promise(() => undefined))
    await expect(call).rejects.toMatchObject({ code: 'Backend', reason: 'timeout' })
  })

  it('never rejects before the deadline, not even by a fraction of a millisecond (E2)', async () => {
    for (let n = 0; n < 60; n += 1) {
      let atMs = Number.POSITIVE_INFINITY
      const call = withinDeadline(3, (deadline) => {
        atMs = deadline.atMs
        return new Promise(() => undefined)
      })
      await call.catch(() => undefined)
      expect(performance.now()).toBeGreaterThanOrEqual(atMs)
    }
  })

  it('converts an error of the work, thrown or rejected, to Backend, and passes a SessionError on (E1, E3)', async () => {
    const cause = new Error('driver')
    await expect(withinDeadline(1000, () => Promise.reject(cause))).rejects.toMatchObject({ code: 'Backend', cause })
    const gone = new SessionError('unknown', 'gone')
    await expect(withinDeadline(1000, () => Promise.reject(gone))).rejects.toBe(gone)
    const thrown = withinDeadline(1000, () => {
      throw cause
    })
    await expect(thrown).rejects.toMatchObject({ code: 'Backend', cause })
  })

  it('sets no timer with a negative time, of which Node 24 warns, if it is called after the deadline', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const call = withinDeadline(1, () => new Promise(() => undefined), performance.now() - 50)
    await expect(call).rejects.toMatchObject({ reason: 'timeout' })
    expect(timers.mock.calls.filter(([, ms = 0]) => ms < 0)).toEqual([])
    timers.mockRestore()
  })

  it('passes the deadline to the work', async () => {
    const startedAtMs = performance.now()
    const atMs = await withinDeadline(5000, async (deadline) => deadline.atMs)
    expect(atMs).toBeGreaterThanOrEqual(startedAtMs + 5000)
    expect(atMs).toBeLessThanOrEqual(performance.now() + 5000)
  })

  it('clears its timer when the work settles', async () => {
    vi.useFakeTimers()
    try {
      await withinDeadline(60_000, async () => undefined)
      await expect(withinDeadline(60_000, () => Promise.reject(new Error('driver')))).rejects.toThrow()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
