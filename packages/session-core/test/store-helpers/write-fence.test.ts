import { EventEmitter, once } from 'node:events'
import { createWriteFence } from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

/** Creates a server whose clock is `aheadMs` ahead of this process, and which rejects late writes as a backend must. */
function createServer(aheadMs: number) {
  const server = {
    aheadMs,
    asked: 0,
    writes: [] as number[],
    nowMs: () => Math.floor(performance.now() + server.aheadMs),
    askNowMs: async () => {
      server.asked += 1
      return server.nowMs()
    },
    write: async (notAfterMs: number) => {
      const serverNowMs = server.nowMs()
      if (serverNowMs >= notAfterMs) return { serverNowMs, outcome: 'late' as const }
      server.writes.push(notAfterMs)
      return { serverNowMs, outcome: 'written' }
    },
  }
  return server
}

const inMs = (ms: number): { atMs: number } => ({ atMs: performance.now() + ms })

describe('createWriteFence', () => {
  it('passes each write a server time not after its deadline (E2)', async () => {
    for (const aheadMs of [0, 3_600_000, -3_600_000]) {
      const server = createServer(aheadMs)
      const fence = createWriteFence(server.askNowMs)
      const deadline = inMs(1000)
      await expect(fence.write(deadline, server.write)).resolves.toBe('written')
      const [notAfterMs = 0] = server.writes
      expect(notAfterMs).toBeLessThanOrEqual(deadline.atMs + aheadMs)
      expect(notAfterMs).toBeGreaterThan(deadline.atMs + aheadMs - 500)
    }
  })

  it('rejects a write that reaches the server after the deadline (E2)', async () => {
    const server = createServer(1_000_000)
    const fence = createWriteFence(server.askNowMs)
    const arrival = new EventEmitter()
    const deadline = inMs(30)
    const call = fence.write(deadline, async (notAfterMs) => {
      await once(arrival, 'arrived')
      return server.write(notAfterMs)
    })
    while (performance.now() <= deadline.atMs + 1) await new Promise((resolve) => setTimeout(resolve, 1))
    arrival.emit('arrived')
    await expect(call).rejects.toMatchObject({ code: 'Backend', reason: 'timeout' })
    expect(server.writes).toEqual([])
  })

  it('asks for the time once for many concurrent writes', async () => {
    const server = createServer(5)
    const fence = createWriteFence(server.askNowMs)
    await Promise.all(Array.from({ length: 50 }, () => fence.write(inMs(1000), server.write)))
    for (let n = 0; n < 50; n += 1) await fence.write(inMs(1000), server.write)
    expect(server.asked).toBe(1)
  })

  it("retries a write that the server rejects before the deadline because the server's clock was set forward", async () => {
    const server = createServer(0)
    const fence = createWriteFence(server.askNowMs)
    await fence.write(inMs(1000), server.write)
    server.aheadMs += 60_000
    await expect(fence.write(inMs(1000), server.write)).resolves.toBe('written')
    expect(server.asked).toBe(1)
  })

  it("corrects its offset after one reply if the server's clock was set back", async () => {
    const server = createServer(0)
    const fence = createWriteFence(server.askNowMs)
    await fence.write(inMs(1000), server.write)
    server.aheadMs -= 60_000
    await fence.write(inMs(1000), server.write)
    const deadline = inMs(1000)
    await fence.write(deadline, server.write)
    expect(server.writes.at(-1)).toBeLessThanOrEqual(deadline.atMs + server.aheadMs)
  })

  it('rejects if asking for the time fails, and asks again at the next write', async () => {
    const server = createServer(0)
    let broken = true
    const fence = createWriteFence(() => (broken ? Promise.reject(new Error('down')) : server.askNowMs()))
    const calls = [fence.write(inMs(1000), server.write), fence.write(inMs(1000), server.write)]
    for (const call of calls) await expect(call).rejects.toThrow('down')
    broken = false
    await expect(fence.write(inMs(1000), server.write)).resolves.toBe('written')
  })
})
