import { SessionError } from '@bext/session-core'
import type { FencedReply } from '@bext/session-core/store-helpers'
import { createGuardedCalls } from '@bext/session-core/store-helpers'
import { describe, expect, it } from 'vitest'

const lost = new Error('the connection broke')
const refused = new Error('the server refused')

function createCalls(timeoutMs: number) {
  return createGuardedCalls({
    timeoutMs,
    askServerNowMs: async () => Math.floor(performance.now()),
    mayStillRun: (error) => error === lost,
  })
}

async function written(): Promise<FencedReply<string>> {
  return { serverNowMs: Math.floor(performance.now()), outcome: 'written' }
}

describe('call', () => {
  it('rejects with a timeout, and gives the work a slightly earlier deadline (E5)', async () => {
    const startedAtMs = performance.now()
    let deadlineAtMs = 0
    const call = createCalls(100).call(({ atMs }) => {
      deadlineAtMs = atMs
      return new Promise(() => {})
    }, startedAtMs)
    await expect(call).rejects.toMatchObject({ code: 'Backend', reason: 'timeout' })
    expect(deadlineAtMs).toBe(startedAtMs + 100 - 5)
  })

  it('rejects with a Backend error that has the cause (E1)', async () => {
    const call = createCalls(1000).call(() => Promise.reject(refused))
    await expect(call).rejects.toMatchObject({ code: 'Backend', reason: 'failed', cause: refused })
  })
})

describe('fencedWrite', () => {
  it('sends the write with a server time not after the deadline (E2)', async () => {
    const calls = createCalls(1000)
    let overMs = 0
    const outcome = await calls.call((deadline) =>
      calls.fencedWrite(deadline, (notAfterMs) => {
        overMs = notAfterMs - deadline.atMs
        return written()
      }),
    )
    expect(outcome).toBe('written')
    expect(overMs).toBeLessThanOrEqual(0)
  })

  it('rejects only after the deadline if the server may still execute the write (E2)', async () => {
    const calls = createCalls(100)
    const deadline = { atMs: performance.now() + 60 }
    const write = calls.fencedWrite(deadline, () => Promise.reject(lost))
    await expect(write).rejects.toMatchObject({ code: 'Backend', cause: lost })
    expect(performance.now()).toBeGreaterThan(deadline.atMs)
  })

  it('rejects immediately if the server has answered', async () => {
    const calls = createCalls(1000)
    const deadline = { atMs: performance.now() + 60_000 }
    await expect(calls.fencedWrite(deadline, () => Promise.reject(refused))).rejects.toMatchObject({ cause: refused })
    const full = new SessionError('full', 'The server is full.')
    await expect(calls.fencedWrite(deadline, () => Promise.reject(full))).rejects.toBe(full)
  })

  it('converts errors with toSessionError', async () => {
    const calls = createGuardedCalls({
      timeoutMs: 1000,
      askServerNowMs: async () => Math.floor(performance.now()),
      mayStillRun: () => false,
      toSessionError: (cause) => new SessionError('full', 'The server is full.', { cause }),
    })
    const write = calls.fencedWrite({ atMs: performance.now() + 1000 }, () => Promise.reject(refused))
    await expect(write).rejects.toMatchObject({ reason: 'full', cause: refused })
  })
})

describe('close', () => {
  it('rejects later calls, waits for calls in flight, then releases once (O3)', async () => {
    const calls = createCalls(1000)
    const steps: string[] = []
    let finish: ((value: string) => void) | undefined
    const inFlight = calls.call(() => new Promise<string>((resolve) => (finish = resolve)))
    const release = async (): Promise<void> => void steps.push('released')
    const closings = [calls.close(release), calls.close(release)]
    await expect(calls.call(async () => 'late')).rejects.toMatchObject({ code: 'Backend', reason: 'closed' })
    steps.push('finishing')
    finish?.('done')
    expect(await inFlight).toBe('done')
    await Promise.all(closings)
    await calls.close(release)
    expect(steps).toEqual(['finishing', 'released'])
  })

  it('waits for the further steps of a call in flight, and for no others (O3)', async () => {
    const calls = createCalls(1000)
    const steps: string[] = []
    const step = async (name: string): Promise<void> => void steps.push(name)
    async function threeSteps(): Promise<void> {
      await calls.call(() => step('first'))
      await calls.resume(() => step('second'))
      await calls.resume(() => step('third'))
    }
    const inFlight = threeSteps()
    await Promise.all([calls.close(() => step('released')), inFlight])
    expect(steps).toEqual(['first', 'second', 'third', 'released'])
    await expect(calls.resume(() => step('late'))).rejects.toMatchObject({ code: 'Backend', reason: 'closed' })
    expect(steps).not.toContain('late')
  })

  it('resolves within the timeout even if a call never settles (O3, E5)', async () => {
    const calls = createCalls(50)
    const call = calls.call(() => new Promise(() => {}))
    await Promise.all([calls.close(), expect(call).rejects.toMatchObject({ reason: 'timeout' })])
  })

  it('resolves at once if no call is in flight', async () => {
    await expect(createCalls(1000).close()).resolves.toBeUndefined()
  })
})
