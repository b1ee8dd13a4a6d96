import type { SessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, it, vi } from 'vitest'
import type { Visit } from './helpers.js'
import { backendError, begin, managerOf, unsealedSessions, watched } from './helpers.js'

/** Signs in and resolves to the token. */
async function tokenOf(manager: SessionManager<Visit>, userId: string): Promise<string> {
  const session = await manager.openToken(null)
  session.signIn(userId)
  const { token } = await session.commit()
  return token ?? expect.fail('no token')
}

describe('openToken', () => {
  it('works from the sign-in to the sign-out', async () => {
    const manager = managerOf(memorySessions())
    const first = await manager.openToken(undefined)
    expect(await first.commit()).toEqual({ token: undefined, isEnded: false })

    const token = await tokenOf(manager, 'ann')
    expect(token).toMatch(/^[\w-]{43}$/)
    const second = await manager.openToken(`Bearer ${token}`)
    expect(second.userId).toBe('ann')
    second.data.visits = 1
    expect(await second.commit()).toEqual({ token: undefined, isEnded: false })

    const third = await manager.openToken(token)
    expect(third.data).toEqual({ visits: 1 })
    third.rotate()
    const rotated = await third.commit()
    expect(rotated).toEqual({ token: expect.stringMatching(/^[\w-]{43}$/), isEnded: false })
    expect((await manager.openToken(token)).userId).toBeUndefined()

    const last = await manager.openToken(rotated.token)
    expect(last.userId).toBe('ann')
    last.signOut()
    expect(await last.commit()).toEqual({ token: undefined, isEnded: true })
    expect((await manager.openToken(rotated.token)).userId).toBeUndefined()
  })

  it('hands out the token of a guest whose data changed, and a new one at the sign-in', async () => {
    const manager = managerOf(memorySessions())
    const guest = await manager.openToken(null)
    guest.data.note = 'tea'
    const { token } = await guest.commit()
    const signingIn = await manager.openToken(token)
    signingIn.signIn('ann')
    const signedIn = await signingIn.commit()
    expect(signedIn.token).not.toBe(token)
    const { userId, data } = await manager.openToken(signedIn.token)
    expect([userId, data.note]).toEqual(['ann', 'tea'])
    expect((await manager.openToken(token)).data).toEqual({})
  })

  it.each(['bearer ', 'BEARER   ', '', ' '])('accepts the token after %j', async (before) => {
    const manager = managerOf(memorySessions())
    expect((await manager.openToken(`${before}${await tokenOf(manager, 'ann')} `)).userId).toBe('ann')
  })

  it.each(['', 'Bearer', 'Bearer ', 'Basic YW5uOnRlYQ==', 'Bearer a b'])(
    'opens a new session for %j without a read',
    async (given) => {
      const { plugin, calls } = watched()
      expect((await managerOf(plugin).openToken(given)).userId).toBeUndefined()
      expect(calls).toEqual([])
    },
  )

  it.each(['x', 'x'.repeat(43), `${'x'.repeat(42)}é`, '\u0000', '.'.repeat(100_000), '__proto__'])(
    'opens a new session for a token that is malformed or unknown',
    async (token) => {
      for (const store of [memorySessions(), unsealedSessions()]) {
        const session = await managerOf(store).openToken(`Bearer ${token}`)
        expect([session.userId, session.data]).toEqual([undefined, {}])
        expect(await session.commit()).toEqual({ token: undefined, isEnded: false })
      }
    },
  )

  it('does not open the session of another manager', async () => {
    const token = await tokenOf(managerOf(memorySessions()), 'ann')
    expect((await managerOf(memorySessions()).openToken(token)).userId).toBeUndefined()
  })

  it('lists, ends and revokes the user’s sessions beside those with a cookie', async () => {
    const manager = managerOf(memorySessions())
    const cookie = await begin(manager, {}, 'ann')
    const token = await tokenOf(manager, 'ann')
    const session = await manager.openToken(token)
    const list = await session.listSessions()
    // In no order, because they may be of one millisecond.
    expect(list).toHaveLength(2)
    expect(list.filter(({ isCurrent }) => isCurrent)).toHaveLength(1)
    session.signOutEverywhere({ except: 'this' })
    expect(await session.commit()).toEqual({ token: undefined, isEnded: false })
    expect((await manager.open(cookie)).userId).toBeUndefined()
    expect((await manager.openToken(token)).userId).toBe('ann')
    await manager.endUserSessions('ann')
    expect((await manager.openToken(token)).userId).toBeUndefined()
  })

  it('extends a session by opening it, until its absolute timeout', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const manager = managerOf(memorySessions(), { idleTimeoutMs: 60_000, absoluteTimeoutMs: 180_000 })
      const token = await tokenOf(manager, 'ann')
      for (const userId of ['ann', 'ann', 'ann', undefined]) {
        vi.setSystemTime(Date.now() + 50_000)
        expect((await manager.openToken(token)).userId).toBe(userId)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('hands out a new token after each change of a sealed session', async () => {
    const manager = managerOf(unsealedSessions())
    const token = await tokenOf(manager, 'ann')
    const session = await manager.openToken(token)
    session.data.visits = 1
    const changed = await session.commit()
    expect(changed.token).not.toBe(token)
    expect((await manager.openToken(changed.token)).data).toEqual({ visits: 1 })
  })

  it('rejects with Backend if the store fails, and with Invalid for a header that is not a string', async () => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const token = await tokenOf(manager, 'ann')
    failures.read = backendError()
    await expect(manager.openToken(token)).rejects.toMatchObject({ code: 'Backend' })
    const header = ['Bearer x'] as unknown as string
    await expect(manager.openToken(header)).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  })
})
