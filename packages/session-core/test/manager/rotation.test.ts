import { describe, expect, it } from 'vitest'
import { backendError, begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

const everyRequest = { idleTimeoutMs: 600_000, touchIntervalMs: 1 }
const graceMs = 60_000

async function oneMillisecondLater(): Promise<void> {
  const startedAtMs = Date.now()
  while (Date.now() === startedAtMs) await new Promise((resolve) => setImmediate(resolve))
}

describe('rotate', () => {
  it('gives the session a new id with the same user and data, and deletes the old id at once', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    calls.length = 0
    const session = await manager.open(before)
    session.rotate()
    expect(session.createdAtMs).toBeUndefined()
    session.data.visits = 2
    const after = cookieAfter(await session.commit())
    expect(calls).toEqual(['read', 'create', 'update', 'delete'])
    expect(after).toMatch(/^__Host-session=[\w-]{43}$/)
    expect(after).not.toBe(before)
    const rotated = await manager.open(after)
    expect(rotated.userId).toBe('ada')
    expect(rotated.data).toEqual({ visits: 2 })
    expect((await manager.open(before)).userId).toBeUndefined()
  })

  it("moves a guest's session to the main cookie, and clears the guest cookie", async () => {
    const manager = managerOf(watched().plugin)
    const session = await manager.open(await begin(manager, { visits: 1 }))
    session.rotate()
    const setCookies = await session.commit()
    expect(setCookies[0]).toMatch(/^__Host-session=[\w-]{43};/)
    expect(setCookies.slice(1)).toEqual([expect.stringMatching(/^__Host-session-guest=; Max-Age=0;/)])
    expect((await manager.open(cookieAfter(setCookies))).data).toEqual({ visits: 1 })
  })

  it('does nothing for a session that is not stored', async () => {
    const { plugin, calls } = watched()
    const session = await managerOf(plugin).open(null)
    session.rotate()
    expect(await session.commit()).toEqual([])
    expect(calls).toEqual([])
  })

  it('does not revive a session that was deleted meanwhile (U3)', async () => {
    const { plugin } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const slow = await manager.open(cookie)
    const other = await manager.open(cookie)
    other.signOutEverywhere()
    await other.commit()
    slow.rotate()
    await expect(slow.commit()).rejects.toMatchObject({ code: 'NotFound' })
    const now = await manager.open(null)
    now.signIn('ada')
    expect(await now.listSessions()).toEqual([])
  })

  it.each([
    ['update', 0],
    ['delete', 0],
    ['update', graceMs],
    ['touch', graceMs],
  ] as const)('deletes the new id if the old one cannot be deleted: %s, graceMs %i', async (method, grace) => {
    const { plugin, failures } = watched()
    const manager = managerOf(plugin)
    const cookie = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(cookie)
    session.rotate({ graceMs: grace })
    failures[method] = backendError()
    await expect(session.commit()).rejects.toBe(failures[method])
    const newIdStays = method === 'delete'
    delete failures[method]

    const old = await manager.open(cookie)
    expect(await old.listSessions()).toHaveLength(newIdStays ? 2 : 1)
    old.data.visits = 2
    await old.commit()
    expect((await manager.open(cookie)).data).toEqual({ visits: 2 })
  })

  it.each([-1, 0.5, Number.NaN, '5'])('throws for graceMs %o', async (wrong) => {
    const manager = managerOf(watched().plugin)
    const session = await manager.open(await begin(manager, {}, 'ada'))
    expect(() => session.rotate({ graceMs: wrong as number })).toThrow(expect.objectContaining({ code: 'Invalid' }))
  })
})

describe('a replaced id, during its grace period', () => {
  it('can be read, is not touched, and sets no cookie', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, everyRequest)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    session.rotate({ graceMs })
    const after = cookieAfter(await session.commit())
    await oneMillisecondLater()
    calls.length = 0
    const replaced = await manager.open(before)
    expect(replaced.userId).toBe('ada')
    expect(replaced.data).toEqual({ visits: 1 })
    expect(replaced.expiresAtMs).toBeLessThanOrEqual(Date.now() + graceMs)
    replaced.rotate()
    expect(await replaced.commit()).toEqual([])
    expect(calls).toEqual(['read'])
    expect((await manager.open(after)).userId).toBe('ada')
  })

  it('rejects changes with NotFound', async () => {
    const manager = managerOf(watched().plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    session.rotate({ graceMs })
    await session.commit()
    const changing = await manager.open(before)
    changing.data.visits = 2
    await expect(changing.commit()).rejects.toMatchObject({ code: 'NotFound' })
    const signingOutOthers = await manager.open(before)
    signingOutOthers.signOutEverywhere({ except: 'this' })
    await expect(signingOutOthers.commit()).rejects.toMatchObject({ code: 'NotFound' })
    expect((await manager.open(before)).data).toEqual({ visits: 1 })
  })

  it('expires no later than without the rotation, to the millisecond', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin, { idleTimeoutMs: 30_000, absoluteTimeoutMs: 30_000 })
    const before = await begin(manager, { visits: 1 }, 'ada')
    const { expiresAtMs = 0 } = await manager.open(before)
    const session = await manager.open(before)
    session.rotate({ graceMs })
    await oneMillisecondLater()
    await session.commit()
    expect(calls).not.toContain('touch')
    expect((await manager.open(before)).expiresAtMs).toBe(expiresAtMs)
  })

  it('can sign in and sign out', async () => {
    const manager = managerOf(watched().plugin)
    const before = await begin(manager, { visits: 1 }, 'ada')
    const session = await manager.open(before)
    session.rotate({ graceMs })
    await session.commit()
    const again = await manager.open(before)
    again.signIn('ada')
    expect((await manager.open(cookieAfter(await again.commit()))).userId).toBe('ada')
    expect((await manager.open(before)).userId).toBeUndefined()
  })
})

it('rotates a sealed session, whose old id stays valid until it expires (D4)', async () => {
  const manager = managerOf(unsealedSessions())
  const before = await begin(manager, { visits: 1 }, 'ada')
  const session = await manager.open(before)
  session.rotate({ graceMs })
  const after = cookieAfter(await session.commit())
  expect((await manager.open(after)).data).toEqual({ visits: 1 })
  expect((await manager.open(before)).data).toEqual({ visits: 1 })
})
