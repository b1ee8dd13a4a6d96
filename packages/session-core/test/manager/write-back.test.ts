import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

describe('a visitor without a session', () => {
  it.each([null, undefined, '', 'theme=dark'])('costs no call and no cookie if untouched (%o)', async (header) => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(header)
    expect(session.data).toEqual({})
    expect(session.userId).toBeUndefined()
    expect(session.createdAtMs).toBeUndefined()
    expect(session.expiresAtMs).toBeUndefined()
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })

  it('gets a session once the data changes, and finds it again', async () => {
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

  it('begins with the initial data, and is not stored while it stays so', async () => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin, { initialData: () => ({ visits: 0 }) }).open(null)
    session.data = { visits: 0 }
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })
})

describe('a stored session', () => {
  it('costs one read if unchanged', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 })
    calls.length = 0
    const session = await manager.open(cookie)
    session.data = { ...session.data }
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual(['read'])
  })

  it('costs a read and an update if changed, and no cookie where the id stays (U2)', async () => {
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

  it('moves to the id that a client-backed store resolves to (U2)', async () => {
    const manager = managerOf(unsealedSessions())
    const session = await manager.open(await begin(manager, { visits: 1 }))
    session.data.visits = 2
    const setCookies = await session.commit()
    expect(setCookies).toHaveLength(1)
    expect((await manager.open(cookieAfter(setCookies))).data).toEqual({ visits: 2 })
  })

  it('is not changed by another spelling of the same JSON (R2)', async () => {
    const { plugin, calls } = watched()
    const id = await plugin.create({ dataJson: '{ "visits": 1.0 }', ttlMs: 60_000 })
    const manager = managerOf(plugin, { idleTimeoutMs: 60_000 })
    calls.length = 0
    expect(await (await manager.open(`__Host-session=${id}`)).commit()).toEqual([])
    expect(calls).toEqual(['read'])
  })
})

const outdated = ['', 'x'.repeat(43), 'A'.repeat(43), '%00']

it.each(outdated)('takes no notice of an outdated cookie, and leaves it alone: %o', async (value) => {
  const session = await managerOf(watched().plugin).open(`__Host-session=${value}`)
  expect(session.data).toEqual({})
  expect(await session.commit()).toEqual([])
})

it('has no id to give', async () => {
  const manager = managerOf(watched().plugin)
  const cookie = await begin(manager, { visits: 1 })
  const session = await manager.open(cookie)
  const id = cookie.slice(cookie.indexOf('=') + 1)
  const asked = ['createdAtMs', 'data', 'absoluteExpiresAtMs', 'expiresAtMs', 'userId']
  const told = ['commit', 'endSession', 'listSessions', 'rotate', 'signIn', 'signOut', 'signOutEverywhere']
  expect(Object.keys(session).toSorted()).toEqual([...asked, ...told].toSorted())
  expect(JSON.stringify(session)).not.toContain(id)
})

it('throws when it is used after a commit that failed', async () => {
  const failed = await managerOf(watched().plugin).open(null)
  Reflect.set(failed, 'data', 'text')
  await expect(failed.commit()).rejects.toThrow('session.data')
  for (const read of [() => failed.data, () => failed.userId, () => failed.expiresAtMs]) expect(read).toThrow('closed')
  await expect(failed.listSessions()).rejects.toThrow('closed')
  await expect(failed.commit()).rejects.toThrow('closed')
})

it('rejects a Cookie header that is none', async () => {
  const header = ['a=1'] as unknown as string
  const opening = managerOf(watched().plugin).open(header)
  await expect(opening).rejects.toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
})
