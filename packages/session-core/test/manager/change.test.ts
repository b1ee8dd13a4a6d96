import type { Session } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { expect, it, vi } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, type Visit } from './helpers.js'

it('loses no change of many concurrent requests, also if the manager overwrites', async () => {
  for (const onConflict of ['overwrite', 'reject'] as const) {
    const manager = managerOf(memorySessions(), { onConflict })
    const cookie = await begin(manager, { visits: 0 }, 'ada')
    await Promise.all(
      Array.from({ length: 5 }, () =>
        manager.change(cookie, (session) => {
          session.data.visits = (session.data.visits ?? 0) + 1
        }),
      ),
    )
    expect((await manager.open(cookie)).data.visits).toBe(5)
  }
})

it('accepts a Request and a request of node:http, and resolves to the result and the cookies', async () => {
  const manager = managerOf(memorySessions())
  const first = await manager.change(new Request('http://x.test'), (session) => {
    session.signIn('ada')
    return 'signed in'
  })
  expect(first.result).toBe('signed in')
  const cookie = cookieAfter(first.setCookies)
  const { result, setCookies } = await manager.change({ headers: { cookie } }, async ({ userId }) => userId)
  expect([result, setCookies]).toEqual(['ada', []])
  const request = new Request('http://x.test', { headers: { cookie } })
  expect((await manager.change(request, ({ userId }) => userId)).result).toBe('ada')
})

it('gives up after ten attempts with the conflict', async () => {
  const store = memorySessions()
  const manager = managerOf(store)
  const cookie = await begin(manager, { visits: 0 }, 'ada')
  let attempts = 0
  const call = manager.change(cookie, async (session) => {
    attempts += 1
    const other = await manager.open(cookie)
    other.data.visits = attempts
    await other.commit()
    session.data.note = 'lost'
  })
  await expect(call).rejects.toMatchObject({ reason: 'conflict' })
  expect(attempts).toBe(10)
})

it('waits for a random time before it repeats, so that callers that conflict do not all meet again', async () => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.8)
  try {
    const manager = managerOf(memorySessions())
    const cookie = await begin(manager, { visits: 0 }, 'ada')
    let attempts = 0
    const call = manager.change(cookie, async (session) => {
      attempts += 1
      if (attempts > 2) return
      const other = await manager.open(cookie)
      other.data.visits = attempts
      await other.commit()
      session.data.note = 'lost'
    })
    const attemptsAfter: number[] = []
    for (const ms of [3, 1, 7, 1]) {
      await vi.advanceTimersByTimeAsync(ms)
      attemptsAfter.push(attempts)
    }
    expect(attemptsAfter).toEqual([1, 2, 2, 3])
    await call
  } finally {
    vi.restoreAllMocks()
    vi.useRealTimers()
  }
})

it('stores nothing and does not repeat if work throws, and needs a store that compares', async () => {
  const manager = managerOf(memorySessions())
  const cookie = await begin(manager, { visits: 0 }, 'ada')
  let attempts = 0
  let kept: Session<Visit> | undefined
  const failing = manager.change(cookie, (session) => {
    attempts += 1
    kept = session
    session.data.visits = 1
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(() => kept?.data).toThrow(/closed/)
  expect([attempts, (await manager.open(cookie)).data.visits]).toEqual([1, 0])
  await expect(managerOf(unsealedSessions()).change(cookie, () => undefined)).rejects.toThrow(/updateIfUnchanged/)
})
