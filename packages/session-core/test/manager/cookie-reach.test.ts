import { EventEmitter } from 'node:events'
import type { SessionManager, SetCookieAttributes } from '@bext/session-core/manager'
import { parseSetCookie } from 'cookie'
import { describe, expect, it } from 'vitest'
import { begin, cookieAfter, managerOf, unsealedSessions, watched, type Visit } from './helpers.js'

type Act = (session: { data: Visit; signIn(userId: string): void; signOut(): void }) => void

const hourMs = 3_600_000
const reach = { domain: 'Shop.Example.com', persistent: false } as const
const cleared =
  'Max-Age=0; Domain=shop.example.com; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax'
const untilBrowserEnds = 'Domain=shop.example.com; Path=/; HttpOnly; Secure; SameSite=Lax'

/** Each way to open a session. All of them resolve to the Set-Cookie values of the response. */
const ways: Readonly<Record<string, (sessions: SessionManager<Visit>, cookie: string, act: Act) => Promise<string[]>>> =
  {
    async open(sessions, cookie, act) {
      const session = await sessions.open(cookie)
      act(session)
      return [...(await session.commit())]
    },
    async handleFetch(sessions, cookie, act) {
      const request = new Request('https://shop.example.com/', { headers: { cookie } })
      const response = await sessions.handleFetch(request, (session) => {
        act(session)
        return new Response()
      })
      return response.headers.getSetCookie()
    },
    async openNode(sessions, cookie, act) {
      const headers = new Map<string, number | string | readonly string[]>()
      const response = Object.assign(new EventEmitter(), {
        headersSent: false,
        getHeader: (name: string) => headers.get(name),
        setHeader: (name: string, value: string | readonly string[]) => headers.set(name, value),
        removeHeader: (name: string) => headers.delete(name),
      })
      const session = await sessions.openNode({ headers: { cookie } }, response)
      act(session)
      await session.commit()
      return [...(headers.get('Set-Cookie') as readonly string[])]
    },
  }

describe.each(Object.entries(ways))('a cookie with a domain that ends with the browser, by %s', (_, run) => {
  it('is set and cleared for the same domain and path, for guests and users', async () => {
    const manager = managerOf(watched().plugin, { cookie: reach })
    const started = await run(manager, '', ({ data }) => (data.visits = 1))
    expect(started).toEqual([expect.stringMatching(/^__Secure-session-guest=[\w-]{43}; /)])
    expect(started[0]).toMatch(new RegExp(`; ${untilBrowserEnds}$`))
    const signedIn = await run(manager, cookieAfter(started), (session) => session.signIn('ada'))
    expect(signedIn).toEqual([
      expect.stringMatching(new RegExp(`^__Secure-session=[\\w-]{43}; ${untilBrowserEnds}$`)),
      `__Secure-session-guest=; ${cleared}`,
    ])
    const signedOut = await run(manager, cookieAfter(signedIn), (session) => session.signOut())
    expect(signedOut).toEqual([`__Secure-session=; ${cleared}`])
  })
})

it('openCookies passes both to the framework, and clears at the same place', async () => {
  const manager = managerOf(watched().plugin, { cookie: reach })
  const sent: [name: string, attributes: SetCookieAttributes][] = []
  let value = ''
  const cookies = {
    get: (name: string) => (name === '__Secure-session' ? value : undefined),
    set(name: string, given: string, attributes: SetCookieAttributes) {
      value = given
      sent.push([name, attributes])
    },
  }
  const signingIn = await manager.openCookies(cookies)
  signingIn.signIn('ada')
  await signingIn.commit()
  const signingOut = await manager.openCookies(cookies)
  signingOut.signOut()
  await signingOut.commit()
  const place = {
    path: '/',
    domain: 'shop.example.com',
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    partitioned: false,
  }
  expect(sent).toEqual([
    ['__Secure-session', place],
    ['__Secure-session', { ...place, maxAge: 0, expires: new Date(0) }],
  ])
})

/** Signs in and rotates. Resolves to the lifetimes of both cookies, in seconds, and to the times of the session. */
async function signInAndRotate(manager: SessionManager<Visit>, isRemembered: boolean) {
  const session = await manager.open(null)
  session.signIn('ada', { remember: isRemembered })
  const signedIn = await session.commit()
  const { createdAtMs = 0, expiresAtMs = 0, absoluteExpiresAtMs = 0 } = session
  const again = await manager.open(cookieAfter(signedIn))
  again.rotate()
  const setCookies = [...signedIn, ...(await again.commit())]
  const maxAges = setCookies.map((one) => parseSetCookie(one).maxAge)
  return { maxAges, times: [expiresAtMs - createdAtMs, absoluteExpiresAtMs - createdAtMs] }
}

describe('a cookie that ends with the browser', () => {
  const remember = { idleTimeoutMs: 24 * hourMs, absoluteTimeoutMs: 48 * hourMs }
  const cookie = { persistent: false } as const

  it('has no Max-Age and no Expires, and the same timeouts', async () => {
    const { maxAges, times } = await signInAndRotate(managerOf(watched().plugin, { cookie }), false)
    expect(maxAges).toEqual([undefined, undefined])
    expect(times).toEqual([hourMs / 2, 12 * hourMs])
  })

  it('lasts until the absolute timeout all the same with "remember me"', async () => {
    const manager = managerOf(watched().plugin, { cookie, remember })
    const { maxAges, times } = await signInAndRotate(manager, true)
    expect(maxAges).toEqual([48 * 3600, expect.closeTo(48 * 3600, -2)])
    expect(times).toEqual([24 * hourMs, 48 * hourMs])
  })

  it('has no Max-Age each time that a sealed session is sealed again, except with "remember me"', async () => {
    const manager = managerOf(unsealedSessions(), { cookie, remember })
    for (const [isRemembered, expected] of [
      [false, undefined],
      [true, 48 * 3600],
    ] as const) {
      const session = await manager.open(null)
      session.signIn('ada', { remember: isRemembered })
      const again = await manager.open(cookieAfter(await session.commit()))
      again.data.visits = 1
      const [setCookie = ''] = await again.commit()
      expect(parseSetCookie(setCookie).maxAge).toBe(expected)
    }
  })
})

describe('a cookie of this manager from before the option domain', () => {
  const former = '__Host-session'

  it('opens its session as the legacy cookie, and is cleared at its own place', async () => {
    const { plugin } = watched()
    const before = await begin(managerOf(plugin), { visits: 1 }, 'ada')
    const manager = managerOf(plugin, { cookie: { ...reach, legacy: { name: former } } })
    const session = await manager.open(before)
    expect([session.userId, session.data]).toEqual(['ada', { visits: 1 }])
    session.rotate()
    expect(await session.commit()).toEqual([
      expect.stringMatching(/^__Secure-session=/),
      `${former}=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax`,
    ])
  })

  it.each([
    ['the host alone', undefined, 'Max-Age=0; Path=/'],
    ['a parent domain', 'example.com', 'Max-Age=0; Domain=example.com; Path=/'],
  ])('is cleared also if it has the same name and was set for %s', async (_, domain, place) => {
    const { plugin } = watched()
    const before = await begin(managerOf(plugin, { cookie: { name: 'sid' } }), { visits: 1 }, 'ada')
    const manager = managerOf(plugin, { cookie: { ...reach, name: 'sid', legacy: { name: 'sid', domain } } })
    const session = await manager.open(before)
    session.signOut()
    const setCookies = await session.commit()
    expect(setCookies).toEqual([`sid=; ${cleared}`, expect.stringContaining(`sid=; ${place}; Expires=`)])
  })

  it('is one cookie with ours if it has the same name and domain', async () => {
    const { plugin } = watched()
    const cookie = { ...reach, name: 'sid', legacy: { name: 'sid', domain: 'SHOP.example.com' } }
    const manager = managerOf(plugin, { cookie })
    const session = await manager.open(await begin(manager, {}, 'ada'))
    session.signOut()
    expect(await session.commit()).toEqual([`sid=; ${cleared}`])
  })
})
