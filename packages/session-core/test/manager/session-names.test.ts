import { memorySessions } from '@bext/session-core/memory'
import { expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions } from './helpers.js'

it('has no names before it is stored, and gets them by the commit', async () => {
  const manager = managerOf(memorySessions())
  const session = await manager.open(null)
  session.signIn('ada')
  expect([session.handle, session.familyId]).toEqual([undefined, undefined])
  const cookie = cookieAfter(await session.commit())
  const { handle, familyId } = await manager.open(cookie)
  expect([session.handle, session.familyId]).toEqual([handle, familyId])
  expect(handle).toMatch(/^[\w-]{43}$/)
  expect(cookie).not.toContain(handle)
  expect(cookie).not.toContain(familyId)
})

it('keeps the family over rotations and a sign-in of the same user, and the handle changes', async () => {
  const manager = managerOf(memorySessions())
  const first = await manager.open(await begin(manager, {}, 'ada'))
  const names = [[first.handle, first.familyId]]
  first.rotate()
  expect([first.handle, first.familyId]).toEqual([undefined, names[0]?.[1]])
  let cookie = cookieAfter(await first.commit())
  for (const step of ['rotate', 'signIn'] as const) {
    const session = await manager.open(cookie)
    names.push([session.handle, session.familyId])
    if (step === 'signIn') session.signIn('ada')
    else session.rotate()
    cookie = cookieAfter(await session.commit())
    expect(session.familyId).toBe(names[0]?.[1])
  }
  expect(new Set(names.map(([handle]) => handle)).size).toBe(3)
  expect(new Set(names.map(([, familyId]) => familyId)).size).toBe(1)
  expect((await manager.listUserSessions('ada')).map(({ familyId }) => familyId)).toEqual([names[0]?.[1]])
})

it('gives another user, and a guest who signs in, another family', async () => {
  const manager = managerOf(memorySessions())
  const guest = await manager.open(await begin(manager, { visits: 1 }))
  const { familyId } = guest
  guest.signIn('ada')
  expect(guest.familyId).toBeUndefined()
  const ada = await manager.open(cookieAfter(await guest.commit()))
  expect(ada.familyId).not.toBe(familyId)
  const adas = ada.familyId
  ada.signIn('grace')
  await ada.commit()
  expect(ada.familyId).not.toBe(adas)
})

it("gives a guest who signs out another family, so that the next guest's session is not linked to it", async () => {
  const manager = managerOf(memorySessions())
  const guest = await manager.open(await begin(manager, { visits: 1 }))
  const { familyId } = guest
  guest.signOut()
  expect(guest.familyId).toBeUndefined()
  guest.data.visits = 2
  await guest.commit()
  expect(guest.familyId).toMatch(/^[\w-]{16}$/)
  expect(guest.familyId).not.toBe(familyId)
})

it('draws the family of each sealed session', async () => {
  const manager = managerOf(unsealedSessions())
  const families = await Promise.all(
    [1, 2, 3].map(async (visits) => (await manager.open(await begin(manager, { visits }, 'ada'))).familyId),
  )
  expect(new Set(families).size).toBe(3)
})

it('keeps the family of a sealed session, whose id changes with each write', async () => {
  const manager = managerOf(unsealedSessions())
  const session = await manager.open(await begin(manager, { visits: 1 }, 'ada'))
  const { familyId, handle } = session
  session.data.visits = 2
  const again = await manager.open(cookieAfter(await session.commit()))
  expect(again.familyId).toBe(familyId)
  expect(session.familyId).toBe(familyId)
  expect(again.handle).not.toBe(handle)
})
