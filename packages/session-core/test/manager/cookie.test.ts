import { asSessionId } from '@bext/session-core'
import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched } from './helpers.js'

describe('the Set-Cookie value', () => {
  it('is a host-only cookie, HttpOnly, SameSite=Lax, with the id unencoded (C4)', async () => {
    const session = await managerOf(watched().plugin).open(null)
    session.data.visits = 1
    session.signIn('ada')
    const expected = /^__Host-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    expect(await session.commit()).toEqual([expect.stringMatching(expected)])
  })

  it('follows the cookie options', async () => {
    const cookie = { name: 'sid', secure: false, sameSite: 'strict', priority: 'high' } as const
    const manager = managerOf(watched().plugin, { cookie })
    const session = await manager.open(null)
    session.data.visits = 1
    const setCookies = await session.commit()
    const expected = /^sid-guest=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Priority=High; SameSite=Strict$/
    expect(setCookies).toEqual([expect.stringMatching(expected)])
    const again = await manager.open(cookieAfter(setCookies))
    again.signOut()
    expect(await again.commit()).toEqual([
      'sid-guest=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Priority=High; SameSite=Strict',
    ])
  })

  it('has the Partitioned attribute with the option partitioned', async () => {
    const manager = managerOf(watched().plugin, { cookie: { partitioned: true, sameSite: 'none' } })
    const session = await manager.open(null)
    session.signIn('ada')
    expect((await session.commit())[0]).toMatch(/; HttpOnly; Secure; Partitioned; SameSite=None$/)
  })

  it('has at most 4096 bytes: a longer one is rejected, and the session is unchanged (L1)', async () => {
    const manager = managerOf(unsealedSessions())
    const before = await begin(manager, { note: 'x'.repeat(2800) })
    const session = await manager.open(before)
    session.data.note = 'x'.repeat(3000)
    const failure = {
      code: 'Invalid',
      reason: 'too_large',
      message: expect.stringMatching(/Set-Cookie line .* \d{4} bytes.* 4096/),
    }
    await expect(session.commit()).rejects.toMatchObject(failure)
    expect((await manager.open(before)).data.note).toHaveLength(2800)
  })

  it('is rejected at a sign-in if it is too long: the new session is deleted, the old one stays', async () => {
    const { plugin, calls } = watched(unsealedSessions())
    const manager = managerOf(plugin)
    const session = await manager.open(await begin(manager, { visits: 1 }))
    calls.length = 0
    session.signIn('ada')
    session.data.note = 'x'.repeat(4000)
    await expect(session.commit()).rejects.toMatchObject({ reason: 'too_large' })
    expect(calls).toEqual(['create', 'delete'])
  })

  it('never contains an id that is not valid in a cookie, and the error does not contain it either (C4, E3)', async () => {
    const { plugin } = watched({ ...unsealedSessions(), create: async () => asSessionId('secret id') })
    const session = await managerOf(plugin).open(null)
    session.data.visits = 1
    const error: unknown = await session.commit().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'Backend', reason: 'corrupt' })
    expect(String(error)).not.toContain('secret id')
  })
})

function stale(letter: string): string {
  return `__Host-session=${letter.repeat(42)}A`
}

describe('several cookies with the name', () => {
  it('are all tried, in any position', async () => {
    const manager = managerOf(watched().plugin)
    const live = await begin(manager, { visits: 1 }, 'ada')
    for (const header of [`${live}; ${stale('B')}`, `${stale('B')};${live}`, `a=1; ${stale('B')} ; b=2;  ${live} ;c`]) {
      expect((await manager.open(header)).data).toEqual({ visits: 1 })
    }
  })

  it('are tried once each, and five at most', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const live = await begin(manager, { visits: 1 }, 'ada')
    calls.length = 0
    const five = ['B', 'C', 'D', 'E', 'B', 'C', 'F'].map(stale).join('; ')
    expect((await manager.open(`${five}; ${live}`)).data).toEqual({})
    expect(calls).toEqual(['read', 'read', 'read', 'read', 'read'])
  })

  it('do not include cookies with similar names', async () => {
    const { plugin, calls } = watched()
    const manager = managerOf(plugin)
    const live = await begin(manager, { visits: 1 })
    calls.length = 0
    for (const header of [live.toLowerCase(), `x${live}`, `x=${live}`, live.replace('=', '2='), `"${live}"`]) {
      expect((await manager.open(header)).data).toEqual({})
    }
    expect(calls).toEqual([])
  })
})

it('does not decode the value of a cookie (R4)', async () => {
  const { plugin } = watched()
  const manager = managerOf(plugin)
  const live = await begin(manager, { visits: 1 })
  const [name, id = ''] = live.split('=')
  const encoded = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
  expect((await manager.open(`${name}=${encoded}`)).data).toEqual({})
  expect((await manager.open(`${name}="${id}"`)).data).toEqual({})
})
