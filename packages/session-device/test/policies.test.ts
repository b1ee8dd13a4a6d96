import { asSessionId } from '@bext/session-core'
import { isSessionCommitError, sessionErrorStatus } from '@bext/session-core/manager'
import { cookieSessions } from '@bext/session-cookie'
import { createSessionManager, type Session } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { deviceBinding, type DeviceBindingOptions } from '@bext/session-device'
import { expect, test } from 'vitest'
import { createBrowser, origin } from './browser.js'
import { afterRegistrationMs, createApp, type Data, idOf, me, meWith, recordIdOf, secrets, signIn } from './app.js'
import { advance } from './helpers.js'

test('readOnly: the session can be read and ended, and nothing else', async () => {
  const app = createApp({ device: { whenUnproven: 'readOnly' } })
  const [browser, other] = [app.browser(), app.browser()]
  await signIn(browser)
  await signIn(other)
  await browser.request('/visit', { method: 'POST' })
  advance(afterRegistrationMs)
  const cookie = `__Host-session=${idOf(browser)}`
  expect(await meWith(app, cookie)).toEqual({ userId: 'ann', device: 'missing', visits: 1 })
  const changes = ['/visit', '/rotate', '/sign-out-everywhere']
  for (const path of changes) {
    const answer = await app.fetch(new Request(`${origin}${path}`, { method: 'POST', headers: { cookie } }))
    expect([path, answer.status]).toEqual([path, 401])
  }
  const session = await app.sessions.open(cookie)
  const [handle = ''] = (await session.listSessions()).filter(({ isCurrent }) => !isCurrent).map((one) => one.handle)
  const error: unknown = await session.endSession(handle).catch((thrown: unknown) => thrown)
  expect(isSessionCommitError(error) && error.reason).toBe('unproven_device')
  expect(sessionErrorStatus(error)).toBe(401)
  expect(await me(other)).toMatchObject({ userId: 'ann' })
  const ended = await app.fetch(new Request(`${origin}/sign-out`, { method: 'POST', headers: { cookie } }))
  expect(ended.status).toBe(200)
  expect(await me(browser)).toMatchObject({ device: 'unbound' })
})

test('readOnly: a sign-in replaces the session', async () => {
  const app = createApp({ device: { whenUnproven: 'readOnly' } })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  browser.dropBoundCookie()
  browser.sessions.clear()
  await signIn(browser)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test('report: the session opens, and the rejection is reported', async () => {
  const app = createApp({ device: { whenUnproven: 'report' } })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  expect(await meWith(app, `__Host-session=${idOf(browser)}`)).toEqual({ userId: 'ann', device: 'missing', visits: 0 })
  expect(app.rejections).toEqual([{ phase: 'request', reason: 'missing' }])
})

test.each(['guest', 'readOnly', 'report'] as const)(
  '%s: a request without a bound cookie removes none',
  async (policy) => {
    const app = createApp({ device: { whenUnproven: policy } })
    const browser = app.browser()
    await signIn(browser)
    advance(afterRegistrationMs)
    const headers = { cookie: `__Host-session=${idOf(browser)}` }
    const answer = await app.fetch(new Request(`${origin}/`, { headers }))
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(app.rejections).toEqual([{ phase: 'request', reason: 'missing' }])
  },
)

test('guest: a sign-out of a session that was refused ends it', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  const cookie = `__Host-session=${idOf(browser)}`
  const answer = await app.fetch(new Request(`${origin}/sign-out`, { method: 'POST', headers: { cookie } }))
  expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0/)])
  expect(await me(browser)).toMatchObject({ device: 'unbound' })
})

test('lists without a request say which sessions are bound, and end their bindings', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const [listed] = await app.sessions.listUserSessions('ann')
  expect(listed?.isDeviceBound).toBe(true)
  const recordId = asSessionId(recordIdOf(idOf(browser)))
  expect(await app.store.read(recordId)).toBeDefined()
  expect(await app.sessions.endUserSession('ann', listed?.handle ?? '')).toBe(true)
  await expect(app.store.read(recordId)).rejects.toThrow('does not exist')
})

test('without the option, a session says nothing of devices', async () => {
  const sessions = createSessionManager({ store: memorySessions(), initialData: () => ({}) })
  const session = await sessions.open(null)
  session.signIn('ann')
  await session.commit()
  expect([session.device, session.responseHeaders]).toEqual([undefined, []])
  expect(await session.listSessions()).toEqual([
    expect.not.objectContaining({ isDeviceBound: expect.anything() as unknown }),
  ])
  expect(
    await sessions.handleDevice(new Request(`${origin}/session-device/refresh`, { method: 'POST' })),
  ).toBeUndefined()
})

test('a commit of open gives the header in responseHeaders', async () => {
  const { sessions } = createApp()
  const session = await sessions.open(null)
  session.signIn('ann')
  await session.commit()
  expect(session.responseHeaders).toEqual([
    [
      'Secure-Session-Registration',
      expect.stringMatching(/^\(ES256 RS256\);path="\/session-device\/register";challenge="/),
    ],
  ])
})

test('change resolves to the header, and reads the reason of the browser from the request', async () => {
  const app = createApp()
  const browser = createBrowser(async (request) => {
    if (!request.url.endsWith('/sign-in')) return app.fetch(request)
    const { setCookies, responseHeaders } = await app.sessions.change(request, (session) => session.signIn('ann'))
    const cookies = setCookies.map((setCookie) => ['Set-Cookie', setCookie] as const)
    return new Response(null, { headers: [...responseHeaders, ...cookies].map(([name, value]) => [name, value]) })
  })
  await signIn(browser)
  expect(browser.events).toEqual(['registered'])
  const again = await app.sessions.change(browser.cookieHeader(), (session) => session.device)
  expect(again).toEqual({ result: 'bound', setCookies: [], responseHeaders: [] })
  advance(afterRegistrationMs)
  const headers = { cookie: `__Host-session=${idOf(browser)}`, 'secure-session-skipped': 'quota_exceeded' }
  for (const request of [new Request(origin, { headers }), { headers }]) {
    const { result } = await app.sessions.change(request, ({ device, userId }) => [device, userId])
    expect(result).toEqual(['skipped:quota_exceeded', undefined])
  }
})

const valid: DeviceBindingOptions = { secrets, origins: [origin] }

test.each([
  [{ ...valid, secrets: [] }, 'secrets must be an array of one or more'],
  [{ ...valid, secrets: [{ id: 'k1', secret: 'short' }] }, 'secrets[0].secret must be'],
  [{ ...valid, origins: [] }, 'origins must be'],
  [{ ...valid, origins: ['http://app.example.com'] }, 'origins[0] must be an origin such as https://app.example.com'],
  [{ ...valid, origins: [`${origin}/`] }, 'without a slash, a path or the port 443 at its end'],
  [{ ...valid, origins: [origin, 'app.example.com'] }, 'origins[1] must be'],
  [{ ...valid, origins: origin as unknown as string[] }, 'origins must be'],
  [{ ...valid, origins: ['https://['] }, 'origins[0] must be'],
  [{ ...valid, origins: [1] as unknown as string[] }, 'origins[0] must be'],
  [{ ...valid, path: 'device' }, 'path must be'],
  [{ ...valid, path: 'x/device' }, 'path must be'],
  [{ ...valid, path: ['/device'] as unknown as string }, 'path must be'],
  [{ ...valid, path: '/device/' }, 'path must be'],
  [{ ...valid, boundCookieMs: 179_999 }, 'boundCookieMs must be at least 180000'],
  [{ ...valid, whenUnproven: 'deny' as 'guest' }, 'whenUnproven must be'],
  [{ ...valid, onRejection: true as unknown as () => void }, 'onRejection must be'],
  [{ ...valid, unknown: 1 } as DeviceBindingOptions, 'there is no option "unknown"'],
])('a wrong option is a TypeError %#', (options, message) => {
  expect(() => deviceBinding(options)).toThrow(TypeError)
  expect(() => deviceBinding(options)).toThrow(message)
})

test('a bound cookie may prove the device for three minutes', () => {
  expect(() => deviceBinding({ ...valid, boundCookieMs: 180_000 })).not.toThrow()
})

const initialData = (): object => ({})

test('sealed cookies, and cookies without Secure, are refused', () => {
  const device = deviceBinding(valid)
  expect(() => createSessionManager({ store: cookieSessions({ secrets }), initialData, device })).toThrow(
    'deviceBinding: the store cookie has no createWithId or updateIfUnchanged.',
  )
  const cookie = { name: 'sid', secure: false }
  expect(() => createSessionManager({ store: memorySessions(), initialData, device, cookie })).toThrow(
    'option cookie.secure of the manager is false',
  )
  expect(() => createSessionManager({ store: memorySessions(), initialData, device: {} as typeof device })).toThrow(
    'option device must be the result of deviceBinding()',
  )
})

test.each(['createWithId', 'updateIfUnchanged'])('a store without %s is refused', (method) => {
  const { [method as 'createWithId']: _, ...store } = memorySessions()
  expect(() => createSessionManager({ store, initialData, device: deviceBinding(valid) })).toThrow(
    'deviceBinding: the store memory has no createWithId or updateIfUnchanged.',
  )
})

test('the path and the life of the bound cookie can be chosen', async () => {
  const app = createApp({ device: { path: '/auth/device', boundCookieMs: 300_000 } })
  const browser = app.browser()
  await signIn(browser)
  expect(browser.bound().refreshUrl).toBe('/auth/device/refresh')
  advance(299_000)
  expect(await meWith(app, browser.cookieHeader())).toMatchObject({ device: 'missing' })
  await me(browser)
  expect(browser.events).toEqual(['registered', 'refreshed'])
})

test.each([
  ['sign-in', (session: Session<Data>) => session.signIn('bob')],
  ['sign-out', (session: Session<Data>) => session.signOut()],
] as const)('after a %s, the session of the request is unbound', async (_, change) => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const session = await app.sessions.open(browser.cookieHeader())
  expect(session.device).toBe('bound')
  change(session)
  expect(session.device).toBe('unbound')
  await session.commit()
  expect(session.device).toBe('unbound')
})
