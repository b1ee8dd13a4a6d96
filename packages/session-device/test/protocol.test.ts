import { describe, expect, test } from 'vitest'
import { generateKey, origin, registrationOf, sign } from './browser.js'
import { afterRegistrationMs, createApp, idOf, me, meWith, secrets, signIn } from './app.js'
import { advance, stores } from './helpers.js'

const minuteMs = 60_000

describe.for(Object.keys(stores) as (keyof typeof stores)[])('over %s', (name) => {
  test('a sign-in makes the browser register, and the cookie alone then opens nothing', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await signIn(browser)
    expect(browser.events).toEqual(['registered'])
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
    advance(afterRegistrationMs)
    browser.dropBoundCookie()
    expect(await meWith(app, browser.cookieHeader())).toEqual({ device: 'missing', visits: 0 })
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
    expect(browser.events).toEqual(['registered', 'refreshed'])
  })

  test('a kept challenge that was used is answered by 403 once, then the refresh succeeds', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await signIn(browser)
    const { challenge } = browser.bound()
    browser.dropBoundCookie()
    await me(browser)
    browser.bound().challenge = challenge
    browser.dropBoundCookie()
    expect(await me(browser)).toMatchObject({ device: 'bound' })
    expect(browser.events).toEqual(['registered', 'refreshed', 'challenged', 'refreshed'])
  })

  test('ten parallel requests wait for one refresh', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await signIn(browser)
    browser.restart()
    browser.dropBoundCookie()
    const seen = await Promise.all(Array.from({ length: 10 }, () => me(browser)))
    expect(new Set(seen.map(({ device }) => device))).toEqual(new Set(['bound']))
    expect(browser.events).toEqual(['registered', 'challenged', 'refreshed'])
  })

  test('a rotation takes the binding along, and the bound cookie is issued for the new id', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await signIn(browser)
    const before = browser.cookieHeader()
    await browser.request('/rotate', { method: 'POST' })
    expect(browser.cookieHeader()).not.toBe(before)
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
    advance(afterRegistrationMs)
    browser.dropBoundCookie()
    expect(await meWith(app, browser.cookieHeader())).toEqual({ device: 'missing', visits: 0 })
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
    expect(browser.events).toEqual(['registered', 'challenged', 'refreshed'])
  })

  test('a sign-out ends the binding, and the browser ends its session', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await signIn(browser)
    const before = browser.cookieHeader()
    await browser.request('/sign-out', { method: 'POST' })
    expect(await meWith(app, before)).toMatchObject({ device: 'unbound' })
    expect(await me(browser)).toEqual({ device: 'unbound', visits: 0 })
    expect(browser.events).toEqual(['registered', 'refresh refused: 404'])
  })

  test('the list of sessions says which are bound', async () => {
    const app = createApp({ store: await stores[name]() })
    const [chromium, firefox] = [app.browser(), app.browser({ sendsDevice: false })]
    await signIn(chromium)
    await signIn(firefox)
    const { devices } = (await (await chromium.request('/devices')).json()) as {
      devices: { isCurrent: boolean; isDeviceBound: boolean }[]
    }
    const seen = devices.map(({ isCurrent, isDeviceBound }) => ({ isCurrent, isDeviceBound }))
    expect(seen).toHaveLength(2)
    expect(seen).toContainEqual({ isCurrent: true, isDeviceBound: true })
    expect(seen).toContainEqual({ isCurrent: false, isDeviceBound: false })
  })

  test('writes of parallel requests beside the registration do not unbind', async () => {
    const app = createApp({ store: await stores[name]() })
    const browser = app.browser()
    await browser.request('/sign-in', { method: 'POST' })
    // Each opens the session before the registration ends, and writes data afterwards.
    const late = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const session = await app.sessions.open(browser.cookieHeader())
        session.data.visits += 1
        return session
      }),
    )
    await browser.settled()
    for (const session of late) expect(await session.commit()).toEqual([])
    advance(afterRegistrationMs)
    const [main = ''] = browser.cookieHeader().split('; ')
    expect(await meWith(app, main)).toEqual({ device: 'missing', visits: 0 })
    expect(await me(browser)).toMatchObject({ device: 'bound', visits: 1 })
  })
})

test('RS256 keys, and the quoted proofs of the draft', async () => {
  const browser = createApp().browser({ alg: 'RS256', quoted: true })
  await signIn(browser)
  browser.dropBoundCookie()
  expect(await me(browser)).toMatchObject({ device: 'bound' })
  expect(browser.events).toEqual(['registered', 'refreshed'])
})

test('a browser that sends two session cookies of one name registers the session of the challenge', async () => {
  const app = createApp()
  const [other, browser] = [app.browser({ sendsDevice: false }), app.browser({ sendsDevice: false })]
  await other.request('/sign-in', { method: 'POST' })
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  const proof = await sign(await generateKey(), offer?.challenge ?? '', true)
  const headers = {
    origin,
    cookie: [other, browser].map((each) => `__Host-session=${idOf(each)}`).join('; '),
    'secure-session-response': proof,
  }
  const answer = await app.fetch(new Request(`${origin}/session-device/register`, { method: 'POST', headers }))
  expect(answer.status).toBe(200)
})

const cookieOptions = [
  { cookie: {}, name: '__Host-session-bound', attributes: 'Path=/; HttpOnly; Secure; SameSite=Lax' },
  {
    cookie: { domain: 'example.test', persistent: false },
    name: '__Secure-session-bound',
    attributes: 'Domain=example.test; Path=/; HttpOnly; Secure; SameSite=Lax',
  },
] as const

test.for(cookieOptions)(
  'the answer describes the cookie $name that it sets, with the same attributes',
  async (given) => {
    advance(0)
    const { cookie, name, attributes } = given
    const browser = createApp({ manager: { cookie } }).browser({ sendsDevice: false })
    const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
    const proof = await sign(await generateKey(), offer?.challenge ?? '', true)
    const answer = await browser.post('/session-device/register', proof)
    const { session_identifier: id, ...described } = (await answer.json()) as { session_identifier: string }
    expect(id).toMatch(/^[\w-]{43}$/)
    expect([answer.headers.get('Content-Type'), answer.headers.get('Cache-Control')]).toEqual([
      'application/json',
      'no-store',
    ])
    expect(described).toEqual({
      refresh_url: '/session-device/refresh',
      scope: { origin: 'https://app.example.test', include_site: false },
      credentials: [{ type: 'cookie', name, attributes }],
    })
    const [setCookie = ''] = answer.headers.getSetCookie()
    // The browser drops the cookie ten seconds before it ends. Without a Max-Age it would keep the cookie, and never refresh.
    expect(setCookie.replace(/^[^;]*; /, '')).toBe(`Max-Age=590; ${attributes}`)
  },
)

test('a rotation sets the bound cookie with the domain and a Max-Age, and a sign-out clears it there', async () => {
  const { cookie, attributes } = cookieOptions[1]
  const browser = createApp({ manager: { cookie } }).browser()
  await signIn(browser)
  const rotated = await browser.request('/rotate', { method: 'POST' })
  expect(rotated.headers.getSetCookie()).toEqual([
    expect.stringMatching(new RegExp(`^__Secure-session=[\\w-]{43}; ${attributes}$`)),
    expect.stringMatching(new RegExp(`^__Secure-session-bound=[^;]+; Max-Age=\\d+; ${attributes}$`)),
  ])
  const signedOut = await browser.request('/sign-out', { method: 'POST' })
  const place = 'Max-Age=0; Domain=example.test; Path=/; Expires='
  expect(signedOut.headers.getSetCookie()).toEqual([
    expect.stringContaining(`__Secure-session=; ${place}`),
    expect.stringContaining(`__Secure-session-bound=; ${place}`),
  ])
})

test('what the page after the sign-in writes is stored, and the session keeps its id', async () => {
  const app = createApp()
  const browser = app.browser()
  await browser.request('/sign-in', { method: 'POST' })
  const home = browser.request('/visit', { method: 'POST' })
  await Promise.all([home, browser.settled()])
  expect((await home).status).toBe(200)
  expect(await me(browser)).toMatchObject({ device: 'bound', visits: 1 })
})

test('requests that were sent before the answer to the registration are accepted for 30 seconds', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  browser.dropBoundCookie()
  expect(await meWith(app, browser.cookieHeader())).toMatchObject({ userId: 'ann', device: 'registering' })
  advance(29_000)
  expect(await meWith(app, browser.cookieHeader())).toMatchObject({ device: 'registering' })
  advance(2000)
  expect(await meWith(app, browser.cookieHeader())).toMatchObject({ device: 'missing' })
})

test('other browsers are never locked out', async () => {
  const app = createApp()
  const browser = app.browser({ sendsDevice: false })
  await signIn(browser)
  advance(20 * minuteMs)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'unbound' })
  await browser.request('/rotate', { method: 'POST' })
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'unbound' })
})

test('copies of both cookies work until the bound cookie ends, and not after', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const copied = browser.cookieHeader()
  advance(10 * minuteMs - 2000)
  expect(await meWith(app, copied)).toMatchObject({ userId: 'ann', device: 'bound' })
  advance(4000)
  expect(await meWith(app, copied)).toEqual({ device: 'expired', visits: 0 })
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test('the browser drops the cookie before it ends, and refreshes by itself in the last two minutes', async () => {
  const browser = createApp().browser()
  await signIn(browser)
  advance(7 * minuteMs)
  await me(browser)
  expect(browser.events).toEqual(['registered'])
  advance(minuteMs)
  await me(browser)
  await browser.settled()
  expect(browser.events).toEqual(['registered', 'refreshed'])
})

test('in a year of use, each refresh needs one signature', async () => {
  const browser = createApp({
    manager: { idleTimeoutMs: 30 * minuteMs, absoluteTimeoutMs: 365 * 24 * 60 * minuteMs },
  }).browser()
  await signIn(browser)
  for (let round = 0; round < 50; round += 1) {
    advance(9 * minuteMs + 55_000)
    expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  }
  expect(new Set(browser.events)).toEqual(new Set(['registered', 'refreshed']))
})

test('refreshes in one millisecond need one signature each', async () => {
  advance(0)
  const browser = createApp().browser()
  await signIn(browser)
  for (let round = 0; round < 3; round += 1) {
    browser.dropBoundCookie()
    expect(await me(browser)).toMatchObject({ device: 'bound' })
  }
  expect(browser.events).toEqual(['registered', 'refreshed', 'refreshed', 'refreshed'])
})

test('a browser that slept longer than its challenge needs two signatures', async () => {
  const browser = createApp().browser()
  await signIn(browser)
  advance(20 * minuteMs)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  expect(browser.events).toEqual(['registered', 'challenged', 'refreshed'])
})

test('a new sign-in ends the binding of the old session, and is bound to a new key', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const { id } = browser.bound()
  await signIn(browser)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  browser.dropBoundCookie()
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  expect([...browser.sessions.keys()]).not.toContain(id)
})

test('a sign-out everywhere ends every binding', async () => {
  const app = createApp()
  const [one, other] = [app.browser(), app.browser()]
  await signIn(one)
  await signIn(other)
  await one.request('/sign-out-everywhere', { method: 'POST' })
  expect(await me(other)).toEqual({ device: 'unbound', visits: 0 })
  other.dropBoundCookie()
  await me(other)
  expect(other.events).toEqual(['registered', 'refresh refused: 404'])
})

test('only a sign-in, or the rotation of an unbound session, asks the browser to register', async () => {
  const browser = createApp().browser({ sendsDevice: false })
  expect(registrationOf(await browser.request('/visit', { method: 'POST' }))).toBeUndefined()
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  expect(offer?.path).toBe('/session-device/register')
  expect(registrationOf(await browser.request('/visit', { method: 'POST' }))).toBeUndefined()
  expect(registrationOf(await browser.request('/rotate', { method: 'POST' }))).toBeDefined()
  const bound = createApp().browser()
  await signIn(bound)
  expect(registrationOf(await bound.request('/rotate', { method: 'POST' }))).toBeUndefined()
})

test('a secret can be changed while browsers are bound', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const next = { id: 'k2', secret: 'x'.repeat(32) }
  const [old] = secrets
  const both = createApp({ store: app.store, device: { secrets: old ? [next, old] : [next] } })
  expect(await meWith(both, browser.cookieHeader())).toMatchObject({ device: 'bound' })
  const only = createApp({ store: app.store, device: { secrets: [next] } })
  advance(afterRegistrationMs)
  // The response removes the cookie that cannot be checked, so that the browser refreshes.
  const refused = await only.fetch(
    new Request('https://app.example.test/', { headers: { cookie: browser.cookieHeader() } }),
  )
  expect(await refused.json()).toEqual({ device: 'invalid', visits: 0 })
  expect(refused.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session-bound=; Max-Age=0/)])
})
