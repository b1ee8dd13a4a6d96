import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

describe('signIn', () => {
  it('replaces the session by one with a new id, the user and the data, and deletes the old one at once', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const before = await begin(manager, { visits: 1 })
    const session = await manager.open(before)
    calls.length = 0
    session.signIn('ada')
    expect(session.userId).toBe('ada')
    expect(session.createdAtMs).toBeUndefined()
    session.data.visits = 2
    expect(calls).toEqual([])
    const after = cookieAfter(await session.commit())
    expect(calls).toEqual(['create', 'delete'])

    expect(after).not.toBe(before)
    const signedIn = await manager.open(after)
    expect(signedIn.userId).toBe('ada')
    expect(signedIn.data).toEqual({ visits: 2 })
    const outdated = await manager.open(before)
    expect(outdated.userId).toBeUndefined()
    expect(outdated.data).toEqual({})
  })

  it('stores a session without any data', async () => {
    const manager = managerOf(watched().plugin)
    expect((await manager.open(await begin(manager, {}, 'ada'))).userId).toBe('ada')
  })

  it('gives the session a new id if the user signs in again, and keeps the data', async () => {
    const manager = managerOf(watched().plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    session.signIn('ada')
    const after = cookieAfter(await session.commit())
    expect(after).not.toBe(before)
    expect((await manager.open(after)).data).toEqual({ visits: 1 })
    expect((await manager.open(before)).userId).toBeUndefined()
  })

  it("does not carry one user's data over to another", async () => {
    const manager = managerOf(watched().plugin)
    const session = await manager.open(await begin(manager, { note: 'of ada' }, 'ada'))
    session.signIn('grace')
    session.data.visits = 1
    const after = await manager.open(cookieAfter(await session.commit()))
    expect(after.userId).toBe('grace')
    expect(after.data).toEqual({ visits: 1 })
  })

  it('works with a client-backed store, whose old id stays readable until it expires (D4)', async () => {
    const manager = managerOf(unsealedSessions())
    const before = await begin(manager, { visits: 1 })
    const session = await manager.open(before)
    session.signIn('ada')
    expect((await manager.open(cookieAfter(await session.commit()))).userId).toBe('ada')
    expect((await manager.open(before)).userId).toBeUndefined()
    expect((await manager.open(before)).data).toEqual({ visits: 1 })
  })

  it.each(['', undefined, 7])('throws for the user id %o', async (userId) => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(null)
    expect(() => session.signIn(userId as string)).toThrow(expect.objectContaining({ code: 'Invalid' }))
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })
})

describe('signOut', () => {
  it('deletes the session and clears its cookie', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    calls.length = 0
    session.signOut()
    expect(session.userId).toBeUndefined()
    expect(session.data).toEqual({})
    expect(await session.commit()).toEqual([
      '__Host-session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ])
    expect(calls).toEqual(['delete'])
    expect((await manager.open(before)).userId).toBeUndefined()
  })

  it('starts a guest session if data is written afterwards', async () => {
    const manager = managerOf(watched().plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    session.signOut()
    session.data.note = 'Good bye'
    const after = await manager.open(cookieAfter(await session.commit()))
    expect(after.data).toEqual({ note: 'Good bye' })
    expect(after.userId).toBeUndefined()
    expect((await manager.open(before)).userId).toBeUndefined()
  })

  it('undoes a sign-in of the same request', async () => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(null)
    session.signIn('ada')
    session.signOut()
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })

  it('sets no cookie if the session is missing, because a parallel request may have set a newer one', async () => {
    const { plugin } = watched()
    const session = await managerOf(plugin).open(`__Host-session=${'A'.repeat(43)}`)
    session.signOut()
    expect(await session.commit()).toEqual([])
  })
})
