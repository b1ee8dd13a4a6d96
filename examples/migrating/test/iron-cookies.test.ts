import { cookieSessions } from '@bext/session-cookie'
import { deflate } from '@bext/session-cookie/compression'
import { ironSessionCookies } from '@bext/session-cookie/iron-session'
import type { SessionManagerOptions } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { getIronSession } from 'iron-session'
import type { SessionOptions } from 'iron-session'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it } from 'vitest'

interface Data {
  visits?: number
  userId?: string
  note?: string
}

type Cookie = NonNullable<SessionManagerOptions<Data>['cookie']>

const password = 'a password of thirty-two characters, or more'
const cookieName = 'my-app'
const origin = 'https://app.example.com'
const secrets = [{ id: 'k1', secret: new Uint8Array(32).fill(7) }]

/** Creates a browser of one visitor, who visits the old and the new app on one host. */
function createBrowser(ironOptions: Partial<SessionOptions>, cookie: Cookie, compression?: typeof deflate) {
  const jar = new CookieJar()
  const store = cookieSessions({
    secrets,
    compression,
    legacyDecoder: ironSessionCookies({ password, userIdOf: (data) => (data as Data).userId }),
  })
  const manager = createSessionManager<Data>({ store, initialData: () => ({}), cookie })

  async function ask(path: string, handler: (request: Request) => Promise<Response>): Promise<string> {
    const url = origin + path
    const response = await handler(new Request(url, { headers: { cookie: jar.getCookieStringSync(url) } }))
    for (const line of response.headers.getSetCookie()) jar.setCookieSync(line, url)
    return response.text()
  }

  return {
    cookieNames: (path = '/app') => jar.getCookiesSync(origin + path).map(({ key }) => key),

    oldSignIn: (data: Data) =>
      ask('/app', async (request) => {
        const response = new Response('Welcome')
        const session = await getIronSession<Data>(request, response, { password, cookieName, ...ironOptions })
        Object.assign(session, data)
        await session.save()
        return response
      }),

    visit: (path = '/app') =>
      ask(path, (request) =>
        manager.handleFetch(request, (session) => {
          session.data.visits = (session.data.visits ?? 0) + 1
          return new Response(`${session.userId ?? 'guest'} ${session.data.visits}`)
        }),
      ),

    signIn: (userId: string, path = '/app') =>
      ask(path, (request) =>
        manager.handleFetch(request, (session) => {
          session.signIn(userId)
          return new Response('Welcome')
        }),
      ),

    signOut: (path = '/app') =>
      ask(path, (request) =>
        manager.handleFetch(request, (session) => {
          session.signOut()
          return new Response('Goodbye')
        }),
      ),
  }
}

const path = '/app'
const domain = 'example.com'

describe.each<[string, Partial<SessionOptions>, Cookie]>([
  ['another name', {}, { legacy: { name: cookieName } }],
  ['the same name', {}, { name: cookieName, legacy: { name: cookieName } }],
  ['the same name, without the option legacy', {}, { name: cookieName }],
  ['another name, domain', { cookieOptions: { domain } }, { legacy: { name: cookieName, domain } }],
  ['the same name, domain', { cookieOptions: { domain } }, { name: cookieName, legacy: { name: cookieName, domain } }],
  ['another name, path', { cookieOptions: { path } }, { legacy: { name: cookieName, path } }],
  ['the same name, path', { cookieOptions: { path } }, { name: cookieName, legacy: { name: cookieName, path } }],
  [
    'the same name, domain and path',
    { cookieOptions: { domain, path } },
    { name: cookieName, legacy: { name: cookieName, domain, path } },
  ],
])('a browser with a cookie of iron-session: %s', (_title, ironOptions, cookie) => {
  it('keeps the changes of the visitor, and has one cookie after the migration', async () => {
    const browser = createBrowser(ironOptions, cookie)
    await browser.oldSignIn({ userId: 'ann', visits: 1 })
    expect([await browser.visit(), await browser.visit(), await browser.visit()]).toEqual(['ann 2', 'ann 3', 'ann 4'])
    expect(browser.cookieNames()).toEqual([cookie.name ?? '__Host-session'])
  })

  it('is signed out by a sign-out, before and after the migration', async () => {
    for (const visits of [0, 2]) {
      const browser = createBrowser(ironOptions, cookie)
      await browser.oldSignIn({ userId: 'ann' })
      for (let i = 0; i < visits; i += 1) await browser.visit()
      await browser.signOut()
      expect(browser.cookieNames()).toEqual([])
      expect(await browser.visit()).toBe('guest 1')
    }
  })

  it('is signed in as bob by a sign-in, before and after the migration', async () => {
    for (const visits of [0, 2]) {
      const browser = createBrowser(ironOptions, cookie)
      await browser.oldSignIn({ userId: 'ann' })
      for (let i = 0; i < visits; i += 1) await browser.visit()
      await browser.signIn('bob')
      expect(await browser.visit()).toBe('bob 1')
      expect(browser.cookieNames()).toEqual([cookie.name ?? '__Host-session'])
    }
  })
})

it('prefers the new cookie in any order of the header, also if the old one cannot be cleared', async () => {
  const browser = createBrowser({ cookieOptions: { domain } }, { name: cookieName })
  await browser.oldSignIn({ userId: 'ann', visits: 1 })
  expect([await browser.visit(), await browser.visit()]).toEqual(['ann 2', 'ann 3'])
  expect(browser.cookieNames()).toEqual([cookieName, cookieName])
  await browser.signIn('bob')
  expect(await browser.visit()).toBe('bob 1')
})

it('clears the cookie of a path to which the requests for sign-out and sign-in do not belong', async () => {
  const options = { cookieOptions: { path } }
  const cookie = { legacy: { name: cookieName, path } }
  const leaving = createBrowser(options, cookie)
  await leaving.oldSignIn({ userId: 'ann' })
  await leaving.visit('/')
  await leaving.signOut('/')
  expect(await leaving.visit()).toBe('guest 1')
  const changing = createBrowser(options, cookie)
  await changing.oldSignIn({ userId: 'ann' })
  await changing.signIn('bob', '/')
  expect(await changing.visit()).toBe('bob 1')
  expect(changing.cookieNames()).toEqual(['__Host-session'])
})

it('migrates a guest to the cookie for guests', async () => {
  const browser = createBrowser({}, { legacy: { name: cookieName } })
  await browser.oldSignIn({ visits: 1 })
  expect(await browser.visit()).toBe('guest 2')
  expect(browser.cookieNames()).toEqual(['__Host-session-guest'])
})

describe('a session that iron-session split into several cookies', () => {
  const cookie = { legacy: { name: cookieName, domain } }
  const options = { chunk: true, cookieOptions: { domain } }

  it('migrates, and its parts are cleared', async () => {
    const browser = createBrowser(options, cookie, deflate)
    await browser.oldSignIn({ userId: 'ann', note: 'x'.repeat(4000) })
    expect(browser.cookieNames()).toEqual(['my-app.0', 'my-app.1'])
    expect(await browser.visit()).toBe('ann 1')
    expect(browser.cookieNames()).toEqual(['__Host-session'])
    expect(await browser.visit()).toBe('ann 2')
  })

  it('stays valid if it does not fit into one cookie, and a sign-out clears its parts', async () => {
    const browser = createBrowser(options, cookie)
    await browser.oldSignIn({ userId: 'ann', note: 'x'.repeat(4000) })
    await expect(browser.visit()).rejects.toMatchObject({ reason: 'too_large' })
    await browser.signOut()
    expect(browser.cookieNames()).toEqual([])
    expect(await browser.visit()).toBe('guest 1')
  })
})
