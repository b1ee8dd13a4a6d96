import { asSessionId, SessionError, type SessionPlugin } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test, vi } from 'vitest'
import { afterRegistrationMs, createApp, idOf, me, meWith, recordIdOf, signIn } from './app.js'
import { origin } from './browser.js'
import { advance } from './helpers.js'

interface Breakable {
  readonly store: SessionPlugin
  /** Error that every call of the method rejects with. */
  readonly failures: Map<string, SessionError>
  /** Methods whose calls never settle. */
  readonly hanging: Set<string>
}

function breakable(inner: SessionPlugin = memorySessions()): Breakable {
  const failures = new Map<string, SessionError>()
  const hanging = new Set<string>()
  const store = new Proxy(inner, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      return async (...args: unknown[]): Promise<unknown> => {
        const failure = failures.get(key)
        if (failure) throw failure
        if (hanging.has(key)) return new Promise(() => undefined)
        return Reflect.apply(value, target, args) as Promise<unknown>
      }
    },
  })
  return { store, failures, hanging }
}

const down = new SessionError('unavailable', 'The backend cannot be reached.')

test.each(['read', 'updateIfUnchanged'])('a store whose %s fails loses no session of a browser', async (method) => {
  const { store, failures } = breakable()
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  browser.dropBoundCookie()
  failures.set(method, down)
  const during = await browser.request('/')
  expect(during.status).toBe(method === 'read' ? 503 : 200)
  expect(browser.events).toEqual(['registered', 'refresh failed: 503'])
  failures.clear()
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test('while the refresh fails, the reason of the browser is passed on', async () => {
  const { store, failures } = breakable()
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  browser.dropBoundCookie()
  failures.set('updateIfUnchanged', down)
  expect(await me(browser)).toEqual({ device: 'skipped:server_error', visits: 0 })
  expect(app.rejections).toEqual([
    { phase: 'refresh', reason: 'unavailable' },
    { phase: 'request', reason: 'skipped:server_error' },
  ])
})

test.each([
  ['quota_exceeded', 'skipped:quota_exceeded'],
  ['unreachable;session_identifier="other", server_error;session_identifier="ID"', 'skipped:server_error'],
  ['unreachable;session_identifier="other"', 'skipped:unreachable'],
  ['Quota', 'missing'],
  ['"text"', 'missing'],
  ['(', 'missing'],
  ['x'.repeat(2000), 'missing'],
])('the header Secure-Session-Skipped: %s is reported as %s, and opens nothing', async (header, device) => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  const skipped = header.replace('ID', browser.bound().id)
  const cookie = `__Host-session=${idOf(browser)}`
  expect(await meWith(app, cookie, { 'secure-session-skipped': skipped })).toEqual({ device, visits: 0 })
  const opened = await app.sessions.open(cookie, { secureSessionSkipped: skipped })
  expect([opened.device, opened.userId]).toEqual([device, undefined])
})

test('a store that hangs is answered by 503 within 8 seconds', async () => {
  const { store, hanging } = breakable()
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    hanging.add('read')
    const answer = browser.post('/session-device/refresh', undefined, { 'sec-secure-session-id': browser.bound().id })
    await vi.advanceTimersByTimeAsync(8000)
    expect((await answer).status).toBe(503)
  } finally {
    vi.useRealTimers()
  }
})

test.each([
  new Error('a bug'),
  Object.assign(new Error('another error'), { code: 'Backend' }),
  new SessionError('bad_argument', 'a bug'),
])('an error that is no failure of the store is 500, and reported with its cause %#', async (broken) => {
  const causes: unknown[] = []
  const { store, failures } = breakable()
  const app = createApp({ store, device: { onRejection: (_, cause) => causes.push(cause) } })
  const browser = app.browser()
  await signIn(browser)
  browser.dropBoundCookie()
  failures.set('updateIfUnchanged', broken as SessionError)
  await browser.request('/')
  expect(browser.events).toEqual(['registered', 'refresh failed: 500'])
  expect(causes).toContain(broken)
  failures.set('read', broken as SessionError)
  const headers = { origin, cookie: browser.cookieHeader(), 'sec-secure-session-id': browser.bound().id }
  const request = new Request(`${origin}/session-device/refresh`, { method: 'POST', headers })
  expect((await app.sessions.handleDevice(request))?.status).toBe(500)
})

test('a binding that ends during a refresh is refused, so that the browser ends its session', async () => {
  const { store, failures } = breakable()
  const browser = createApp({ store }).browser()
  await signIn(browser)
  browser.dropBoundCookie()
  failures.set('updateIfUnchanged', new SessionError('unknown', 'The session does not exist.'))
  await browser.request('/')
  expect(browser.events).toEqual(['registered', 'refresh refused: 404'])
})

test('a proof that is refused is reported with its cause', async () => {
  const causes: unknown[] = []
  const app = createApp({ device: { onRejection: (_, cause) => causes.push(cause) } })
  await app.browser().post('/session-device/register', 'a.b.c')
  expect(causes).toEqual([expect.any(Error)])
})

test('a binding that cannot be read is never taken for none', async () => {
  const { store, failures } = breakable()
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  failures.set('read', down)
  const answer = await app.fetch(
    new Request('https://app.example.test/', { headers: { cookie: browser.cookieHeader() } }),
  )
  expect(answer.status).toBe(503)
})

test.each([
  ['version', '["device",1,', '["device",2,'],
  ['kind', '["device",', '["other",'],
])('a binding of an unknown %s opens nothing, and no browser loses its session', async (_name, known, unknown) => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  const recordId = asSessionId(recordIdOf(idOf(browser)))
  const { dataJson } = await app.store.read(recordId)
  expect(dataJson).toContain(known)
  await app.store.update(recordId, dataJson.replace(known, unknown))
  browser.dropBoundCookie()
  expect(await meWith(app, `__Host-session=${idOf(browser)}`)).toEqual({ device: 'unbound', visits: 0 })
  expect(await me(browser)).toMatchObject({ visits: 0 })
  expect(browser.events).toEqual(['registered', 'refresh failed: 503'])
  await app.store.update(recordId, dataJson)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test.each(['createWithId', 'updateIfUnchanged'])(
  'a rotation whose %s fails leaves the session bound as it was',
  async (method) => {
    const { store, failures } = breakable()
    const app = createApp({ store })
    const browser = app.browser()
    await signIn(browser)
    advance(afterRegistrationMs)
    const id = idOf(browser)
    failures.set(method, down)
    expect((await browser.request('/rotate', { method: 'POST' })).status).toBe(503)
    failures.clear()
    expect(idOf(browser)).toBe(id)
    expect(await meWith(app, `__Host-session=${id}`)).toEqual({ device: 'missing', visits: 0 })
    browser.dropBoundCookie()
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  },
)

test('a sign-out that cannot end the session leaves it bound', async () => {
  const { store, failures } = breakable()
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  failures.set('delete', down)
  expect((await browser.request('/sign-out', { method: 'POST' })).status).toBe(503)
  failures.clear()
  expect(await meWith(app, `__Host-session=${idOf(browser)}`)).toEqual({ device: 'missing', visits: 0 })
})

test.each(['//', '/\\', '//[', ''])(
  'the path %j, which is no URL or none of an endpoint, is not answered',
  async (url) => {
    const { sessions } = createApp()
    expect(await sessions.handleDevice({ method: 'GET', url, headers: new Headers() })).toBeUndefined()
  },
)

test.each([
  ['of node:http', { host: 'app.example.com' }],
  ['that are missing', undefined],
])('headers %s are an error that says what to use', async (_, given) => {
  const { sessions } = createApp()
  const headers = given as unknown as Headers
  const answer = sessions.handleDevice({ method: 'POST', url: '/session-device/refresh', headers })
  await expect(answer).rejects.toThrow(/^handleDevice: request\.headers must have a method get.* use deviceNode\.$/)
  await expect(answer).rejects.toBeInstanceOf(TypeError)
})
