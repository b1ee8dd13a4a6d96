import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

const clearedGuest =
  '__Host-session-guest=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax'
const stale = `__Host-session=${'B'.repeat(42)}A`

describe("a guest's session", () => {
  it('has a separate cookie that a sign-in clears', async () => {
    const manager = managerOf(watched().plugin)
    const guest = await begin(manager, { visits: 1 })
    expect(guest).toMatch(/^__Host-session-guest=/)
    const session = await manager.open(guest)
    session.signIn('ada')
    const [set, ...others] = await session.commit()
    expect(set).toMatch(/^__Host-session=[\w-]{43};/)
    expect(others).toEqual([clearedGuest])
  })

  it('is ignored if the request also has a signed-in session', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const guest = await begin(manager, { visits: 1 })
    const ada = await begin(manager, { visits: 2 }, 'ada')
    calls.length = 0
    for (const header of [`${guest}; ${ada}`, `${ada}; ${guest}`])
      expect((await manager.open(header)).userId).toBe('ada')
    expect(calls).toEqual(['read', 'read'])
  })

  it('is found if the request also has an outdated sign-in cookie, which is not cleared', async () => {
    const manager = managerOf(watched().plugin)
    const guest = await begin(manager, { visits: 1 })
    const session = await manager.open(`${stale}; ${guest}`)
    expect(session.data).toEqual({ visits: 1 })
    session.data.visits = 2
    expect(await session.commit()).toEqual([])
    const leaving = await manager.open(`${stale}; ${guest}`)
    leaving.signOut()
    expect(await leaving.commit()).toEqual([clearedGuest])
  })

  it('starts if the request has an outdated sign-in cookie', async () => {
    const manager = managerOf(watched().plugin)
    const session = await manager.open(stale)
    session.data.visits = 1
    const setCookies = await session.commit()
    expect(setCookies).toEqual([expect.stringMatching(/^__Host-session-guest=[\w-]{43};/)])
    expect((await manager.open(`${stale}; ${cookieAfter(setCookies)}`)).data).toEqual({ visits: 1 })
  })

  it('keeps the cookie name when it is sealed again', async () => {
    const manager = managerOf(unsealedSessions())
    const session = await manager.open(await begin(manager, { visits: 1 }))
    session.data.visits = 2
    expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session-guest=/)])
  })
})

it('clears both cookies at a sign-out of a request that has both', async () => {
  const manager = managerOf(watched().plugin)
  const [guest, ada] = [await begin(manager, { visits: 1 }), await begin(manager, {}, 'ada')]
  const session = await manager.open(`${guest}; ${ada}`)
  session.signOut()
  expect(await session.commit()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/), clearedGuest])
})

it('starts a guest session if data is written after a sign-out', async () => {
  const manager = managerOf(watched().plugin)
  const session = await manager.open(await begin(manager, {}, 'ada'))
  session.signOut()
  session.data.note = 'Good bye'
  const [cleared, set] = await session.commit()
  expect(cleared).toMatch(/^__Host-session=; Max-Age=0;/)
  expect((await manager.open(cookieAfter([set ?? '']))).data).toEqual({ note: 'Good bye' })
})
