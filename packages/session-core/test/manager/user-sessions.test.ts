import { memorySessions } from '@bext/session-core/memory'
import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

describe('listSessions', () => {
  it('resolves to the sessions of the user, and marks the current one', async () => {
    const manager = managerOf(memorySessions())
    const laptop = await begin(manager, {}, 'ada')
    const phone = await begin(manager, {}, 'ada')
    await begin(manager, {}, 'grace')
    for (const cookie of [laptop, phone]) {
      const session = await manager.open(cookie)
      const listed = await session.listSessions()
      expect(listed).toHaveLength(2)
      const current = listed.filter(({ isCurrent }) => isCurrent)
      expect(current).toEqual([expect.objectContaining({ createdAtMs: session.createdAtMs })])
      expect(JSON.stringify(listed)).not.toContain(cookie.split('=')[1])
    }
    const [a, b] = await Promise.all([laptop, phone].map(async (one) => (await manager.open(one)).listSessions()))
    expect(a?.map(({ handle }) => handle)).toEqual(b?.map(({ handle }) => handle))
    expect(a?.map(({ isCurrent }) => isCurrent)).toEqual(b?.map(({ isCurrent }) => !isCurrent))
  })

  it('resolves to an empty list for a guest', async () => {
    const manager = managerOf(memorySessions())
    expect(await (await manager.open(await begin(manager, { visits: 1 }))).listSessions()).toEqual([])
  })
})

describe('endSession', () => {
  it("deletes another session of the user at once, and never another user's", async () => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const grace = await begin(manager, {}, 'grace')
    const listed = await (await manager.open(laptop)).listSessions()
    const other = listed.find(({ isCurrent }) => !isCurrent)?.handle ?? ''
    expect(await (await manager.open(grace)).endSession(other)).toBe(false)
    expect((await manager.open(phone)).userId).toBe('ada')
    expect(await (await manager.open(laptop)).endSession(other)).toBe(true)
    expect(await (await manager.open(laptop)).endSession(other)).toBe(false)
    expect(await (await manager.open(laptop)).endSession('no handle')).toBe(false)
    expect((await manager.open(phone)).userId).toBeUndefined()
    expect((await manager.open(laptop)).userId).toBe('ada')
  })

  it('signs out if the handle is that of the current session', async () => {
    const manager = managerOf(memorySessions())
    const laptop = await begin(manager, {}, 'ada')
    const session = await manager.open(laptop)
    const [own] = await session.listSessions()
    expect(await session.endSession(own?.handle ?? '')).toBe(true)
    expect(session.userId).toBeUndefined()
    expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
    expect((await manager.open(laptop)).userId).toBeUndefined()
  })

  it('resolves to false for a guest', async () => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(null)
    expect(await session.endSession('x')).toBe(false)
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })
})

describe('endUserSessions of the manager', () => {
  it("deletes all sessions of a user outside of a request, and no other user's", async () => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const grace = await begin(manager, {}, 'grace')
    await manager.endUserSessions('ada')
    await manager.endUserSessions('nobody')
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
    expect((await manager.open(grace)).userId).toBe('grace')
  })

  it.each([7, '', undefined])(
    'rejects with Invalid for a value that is no user id, without the value: %s',
    async (userId) => {
      const ending = managerOf(memorySessions()).endUserSessions(userId as string)
      await expect(ending).rejects.toMatchObject({
        code: 'Invalid',
        message: expect.not.stringContaining('7') as string,
      })
    },
  )

  it('rejects with a TypeError if the store does not support it', async () => {
    await expect(managerOf(unsealedSessions()).endUserSessions('ada')).rejects.toThrow(TypeError)
  })
})

describe('isHealthy of the manager', () => {
  it.each([true, false])('resolves to the answer of the store: %s', async (isHealthy) => {
    const plugin = { ...memorySessions(), isHealthy: async () => isHealthy }
    expect(await managerOf(plugin).isHealthy()).toBe(isHealthy)
  })
})

describe('signOutEverywhere', () => {
  it('deletes every session of the user at the commit, and clears the cookie', async () => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const session = await manager.open(laptop)
    session.signOutEverywhere()
    expect(session.userId).toBeUndefined()
    expect((await manager.open(phone)).userId).toBe('ada')
    expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it("keeps the current session with except: 'this', also if its data changes", async () => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const session = await manager.open(laptop)
    session.data.visits = 5
    session.signOutEverywhere({ except: 'this' })
    expect(await session.commit()).toEqual([])
    expect((await manager.open(laptop)).data).toEqual({ visits: 5 })
    expect((await manager.open(phone)).userId).toBeUndefined()
  })

  it.each(['signIn', 'rotate'] as const)('keeps the new id of a %s, as after a change of password', async (how) => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const session = await manager.open(laptop)
    session.signOutEverywhere({ except: 'this' })
    if (how === 'signIn') session.signIn('ada')
    else session.rotate({ graceMs: 1000 })
    const after = cookieAfter(await session.commit())
    expect((await manager.open(after)).userId).toBe('ada')
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('can be followed by a sign-in in the same request', async () => {
    const manager = managerOf(memorySessions())
    const phone = await begin(manager, {}, 'ada')
    const session = await manager.open(await begin(manager, {}, 'ada'))
    session.signOutEverywhere()
    session.signIn('ada')
    expect((await manager.open(cookieAfter(await session.commit()))).userId).toBe('ada')
    expect((await manager.open(phone)).userId).toBeUndefined()
  })

  it('deletes the current session, too, if a sign-out follows', async () => {
    const manager = managerOf(memorySessions())
    const [laptop, phone] = [await begin(manager, {}, 'ada'), await begin(manager, {}, 'ada')]
    const session = await manager.open(laptop)
    session.signOutEverywhere({ except: 'this' })
    session.signOut()
    await session.commit()
    for (const cookie of [laptop, phone]) expect((await manager.open(cookie)).userId).toBeUndefined()
  })

  it('signs out a guest', async () => {
    const manager = managerOf(memorySessions())
    const session = await manager.open(await begin(manager, { visits: 1 }))
    session.signOutEverywhere()
    expect(await session.commit()).toHaveLength(1)
    const nobody = await manager.open(null)
    nobody.signOutEverywhere({ except: 'this' })
    expect(await nobody.commit()).toEqual([])
  })

  it('throws for another value of except', async () => {
    const session = await managerOf(memorySessions()).open(null)
    expect(() => session.signOutEverywhere({ except: 'other' as 'this' })).toThrow(TypeError)
  })
})

describe('a store without a user index', () => {
  it('is reported by the manager, and the methods of a session that need it throw', async () => {
    const can = managerOf(memorySessions())
    expect([can.supportsUserIndex, can.supportsSignOutEverywhere]).toEqual([true, true])
    const manager = managerOf(unsealedSessions())
    expect([manager.supportsUserIndex, manager.supportsSignOutEverywhere]).toEqual([false, false])
    const session = await manager.open(await begin(manager, {}, 'ada'))
    await expect(session.listSessions()).rejects.toThrow(TypeError)
    await expect(session.endSession('handle')).rejects.toThrow(TypeError)
    expect(() => session.signOutEverywhere()).toThrow(TypeError)
    expect(session.userId).toBe('ada')
  })
})
