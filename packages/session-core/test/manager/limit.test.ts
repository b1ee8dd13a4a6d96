import { memorySessions } from '@bext/session-core/memory'
import type { SessionSummary } from '@bext/session-core'
import type { SessionManager } from '@bext/session-core/manager'
import { isSessionCommitError } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { backendError, begin, cookieAfter, managerOf } from './helpers.js'
import type { Visit } from './helpers.js'

async function userOf(manager: SessionManager<Visit>, cookie: string): Promise<string | undefined> {
  return (await manager.open(cookie)).userId
}

async function laterMillisecond(): Promise<void> {
  const startedAtMs = Date.now()
  while (Date.now() === startedAtMs) await new Promise((resolve) => setImmediate(resolve))
}

/** Signs in `count` times, each in another millisecond, so that the order of the sessions is known. */
async function signInTimes(manager: SessionManager<Visit>, count: number): Promise<string[]> {
  const cookies: string[] = []
  for (let i = 0; i < count; i += 1) {
    cookies.push(await begin(manager, {}, 'ada'))
    await laterMillisecond()
  }
  return cookies
}

describe("maxSessionsPerUser with the policy 'endOldest'", () => {
  const maxSessionsPerUser = { count: 2, policy: 'endOldest' } as const

  it('deletes the oldest session at the sign-in that exceeds the limit', async () => {
    const manager = managerOf(memorySessions(), { maxSessionsPerUser })
    const grace = await begin(manager, {}, 'grace')
    const [oldest = '', middle = '', newest = ''] = await signInTimes(manager, 3)
    expect(await userOf(manager, oldest)).toBeUndefined()
    expect(await userOf(manager, middle)).toBe('ada')
    expect(await userOf(manager, newest)).toBe('ada')
    expect(await userOf(manager, grace)).toBe('grace')
  })

  it('does not count the session that the sign-in replaces', async () => {
    const manager = managerOf(memorySessions(), { maxSessionsPerUser })
    const [oldest = '', newest = ''] = await signInTimes(manager, 2)
    const again = await manager.open(newest)
    again.signIn('ada')
    const after = cookieAfter(await again.commit())
    expect(await userOf(manager, oldest)).toBe('ada')
    expect(await userOf(manager, after)).toBe('ada')
  })

  it('keeps exactly the limit after concurrent sign-ins', async () => {
    const manager = managerOf(memorySessions(), { maxSessionsPerUser })
    const cookies = await Promise.all(Array.from({ length: 10 }, () => begin(manager, {}, 'ada')))
    const users = await Promise.all(cookies.map((cookie) => userOf(manager, cookie)))
    expect(users.filter((user) => user === 'ada')).toHaveLength(2)
  })

  it('keeps exactly the limit if the store lists sessions of one millisecond in any order', async () => {
    const store = memorySessions()
    const listings: (readonly SessionSummary[])[] = []
    const listUserSessions: typeof store.listUserSessions = async (userId) => {
      const listed = await store.listUserSessions(userId)
      const inOtherOrder = listings.push(listed) % 2 === 0 ? listed : listed.toReversed()
      return inOtherOrder.map((summary) => ({ ...summary, createdAtMs: 1 }))
    }
    const manager = managerOf({ ...store, listUserSessions } as typeof store, { maxSessionsPerUser })
    await Promise.all(Array.from({ length: 10 }, () => begin(manager, {}, 'ada')))
    expect(await store.listUserSessions('ada')).toHaveLength(2)
  })

  it('deletes the new session if the oldest cannot be deleted', async () => {
    const store = memorySessions()
    const manager = managerOf(store, { maxSessionsPerUser })
    await signInTimes(manager, 2)
    const failing = managerOf({ ...store, endUserSession: () => Promise.reject(backendError()) } as typeof store, {
      maxSessionsPerUser,
    })
    await expect(begin(failing, {}, 'ada')).rejects.toMatchObject({ code: 'Backend' })
    expect(await store.listUserSessions('ada')).toHaveLength(2)
  })
})

describe("maxSessionsPerUser with the policy 'reject'", () => {
  const maxSessionsPerUser = { count: 2, policy: 'reject' } as const

  it('rejects the sign-in that exceeds the limit, and changes no session', async () => {
    const store = memorySessions()
    const manager = managerOf(store, { maxSessionsPerUser })
    const cookies = await signInTimes(manager, 2)
    const guest = await begin(manager, { visits: 1 })
    const session = await manager.open(guest)
    session.signIn('ada')
    const error: unknown = await session.commit().catch((reason: unknown) => reason)
    expect(isSessionCommitError(error) && error.reason).toBe('too_many_sessions')
    for (const cookie of cookies) expect(await userOf(manager, cookie)).toBe('ada')
    expect(await store.listUserSessions('ada')).toHaveLength(2)
    expect((await manager.open(guest)).data).toEqual({ visits: 1 })
  })

  it('accepts exactly the limit of concurrent sign-ins', async () => {
    const manager = managerOf(memorySessions(), { maxSessionsPerUser })
    const signIns = Array.from({ length: 10 }, () => begin(manager, {}, 'ada'))
    const fulfilled = (await Promise.allSettled(signIns)).filter(({ status }) => status === 'fulfilled')
    expect(fulfilled).toHaveLength(2)
  })

  it('accepts another sign-in within one of the sessions', async () => {
    const manager = managerOf(memorySessions(), { maxSessionsPerUser })
    const [, newest = ''] = await signInTimes(manager, 2)
    const again = await manager.open(newest)
    again.signIn('ada')
    expect(await userOf(manager, cookieAfter(await again.commit()))).toBe('ada')
  })
})
