import { supportsClose, supportsCompare, supportsSweep, supportsUserIndex } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, it, vi } from 'vitest'

const options = (ttlMs = 60_000): { dataJson: string; ttlMs: number } => ({ dataJson: '{}', ttlMs })

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

  it('refuses the session after maxSessions, and ends no live one for it', async () => {
    const store = memorySessions({ maxSessions: 2 })
    const first = await store.create(options())
    await store.create(options())
    await expect(store.create(options())).rejects.toMatchObject({ code: 'Backend', reason: 'full' })
    await expect(store.read(first)).resolves.toMatchObject({ dataJson: '{}' })
    await store.delete(first)
    await expect(store.create(options())).resolves.toBeTypeOf('string')
  })

  it('does not count expired sessions against maxSessions', async () => {
    const store = memorySessions({ maxSessions: 2 })
    await Promise.all([store.create(options(1)), store.create(options(1))])
    await pass(2)
    await expect(store.create(options())).resolves.toBeTypeOf('string')
  })

  it('frees the room of expired sessions without being asked to', async () => {
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

  it('has the capabilities by user, sweep and compare, and nothing to close', () => {
    const store = memorySessions()
    expect(supportsUserIndex(store)).toBe(true)
    expect(supportsSweep(store)).toBe(true)
    expect(supportsCompare(store)).toBe(true)
    expect(supportsClose(store)).toBe(false)
  })

  it('keeps no timer that would hold a process', async () => {
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
