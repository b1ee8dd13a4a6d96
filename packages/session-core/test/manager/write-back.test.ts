import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

describe('a visitor without a session', () => {
  it.each([null, undefined, '', 'theme=dark'])(
    'causes no store call and no cookie without a change (%o)',
    async (header) => {
      const { plugin, calls } = watched()
      const session = await managerOf(plugin).open(header)
      expect(session.data).toEqual({})
      expect(session.userId).toBeUndefined()
      expect(session.createdAtMs).toBeUndefined()
      expect(session.expiresAtMs).toBeUndefined()
      expect(await session.commit()).toEqual([])
      expect(calls).toEqual([])
    },
  )

  it('gets a session when the data changes, and the next request reads it', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const first = await manager.open(null)
    first.data.visits = 1
    const setCookies = await first.commit()
    expect(setCookies).toHaveLength(1)
    expect(calls).toEqual(['create'])

    const second = await manager.open(cookieAfter(setCookies))
    expect(second.data).toEqual({ visits: 1 })
    expect(second.expiresAtMs).toBe((second.createdAtMs ?? 0) + 30 * 60_000)
  })

  it('starts with the initial data, which is not stored until it changes', async () => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin, { initialData: () => ({ visits: 0 }) }).open(null)
    session.data = { visits: 0 }
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })
})

describe('a stored session', () => {
  it('needs one read if it is not changed', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0
    const session = await manager.open(cookie)
    session.data = { ...session.data }
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
  })

  it('needs a read and an update if it is changed, and no cookie if the id stays the same (U2)', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0
    const session = await manager.open(cookie)
    session.data.visits = 2
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read', 'update'])
    expect((await manager.open(cookie)).data).toEqual({ visits: 2 })
  })

  it('gets the id that a client-backed store resolves to (U2)', async () => {
    const manager = managerOf(unsealedSessions())
    const session = await manager.open(await begin(manager, { visits: 1 }))
    session.data.visits = 2
    const setCookies = await session.commit()
    expect(setCookies).toHaveLength(1)
    expect((await manager.open(cookieAfter(setCookies))).data).toEqual({ visits: 2 })
  })

  it('is not written if its JSON is only spelled differently (R2)', async () => {
    const { plugin, calls } = watched()
    const id = await plugin.create({ dataJson: '{ "visits": 1.0 }', ttlMs: 60_000 })
    const manager = managerOf(plugin, { idleTimeoutMs: 60_000 })
    calls.length = 0
    expect(await (await manager.open(`__Host-session=${id}`)).commit()).toEqual([])
    expect(calls).toEqual(['read'])
  })
})

const outdated = ['', 'x'.repeat(43), 'A'.repeat(43), '%00']

it.each(outdated)('ignores an outdated cookie, and does not clear it: %o', async (value) => {
  const session = await managerOf(watched().plugin).open(`__Host-session=${value}`)
  expect(session.data).toEqual({})
  expect(await session.commit()).toEqual([])
})

it('does not expose the id of a session', async () => {
  const manager = managerOf(watched().plugin)
  const cookie = await begin(manager, { visits: 1 })
  const session = await manager.open(cookie)
  const id = cookie.slice(cookie.indexOf('=') + 1)
  const asked = [
    'device',
    'responseHeaders',
    'handle',
    'familyId',
    'authenticatedAtMs',
    'createdAtMs',
    'data',
    'absoluteExpiresAtMs',
    'expiresAtMs',
    'userId',
  ]
  const told = [
    'isAuthenticatedWithin',
    'commit',
    'endSession',
    'listSessions',
    'rotate',
    'signIn',
    'signOut',
    'signOutEverywhere',
  ]
  expect(Object.keys(session).toSorted()).toEqual([...asked, ...told].toSorted())
  expect(JSON.stringify(session)).not.toContain(id)
})

it('throws if a session is used after a failed commit', async () => {
  const failed = await managerOf(watched().plugin).open(null)
  Reflect.set(failed, 'data', 'text')
  await expect(failed.commit()).rejects.toThrow('session.data')
  for (const read of [() => failed.data, () => failed.userId, () => failed.expiresAtMs]) expect(read).toThrow('closed')
  await expect(failed.listSessions()).rejects.toThrow('closed')
  await expect(failed.commit()).rejects.toThrow('closed')
})

it('rejects a Cookie header that is no string', async () => {
  const header = ['a=1'] as unknown as string
  const opening = managerOf(watched().plugin).open(header)
  await expect(opening).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
})
