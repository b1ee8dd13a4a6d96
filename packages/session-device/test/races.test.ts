import type { SessionId, SessionPlugin } from '@bext/session-core'
import { asSessionId, isSessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import { generateKey, origin, registrationOf, sign } from './browser.js'
import { afterRegistrationMs, createApp, idOf, me, meWith, recordIdOf, signIn } from './app.js'
import { advance } from './helpers.js'

/** Calls `before` before each call of a store. */
function instrumented(before: (method: string, id: SessionId) => Promise<void>): SessionPlugin {
  return new Proxy(memorySessions(), {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      return async (...args: unknown[]): Promise<unknown> => {
        await before(key, args[0] as SessionId)
        return Reflect.apply(value, target, args) as unknown
      }
    },
  })
}

test('a refresh on a server whose clock is behind is accepted after one new challenge', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  browser.dropBoundCookie()
  await me(browser)
  advance(-20_000)
  browser.restart()
  browser.dropBoundCookie()
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  expect(browser.events).toEqual(['registered', 'refreshed', 'challenged', 'refreshed'])
})

test('a refresh that was sent with the old id keeps the session of the browser', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const old = new Map(browser.cookies)
  await browser.request('/rotate', { method: 'POST' })
  const current = new Map(browser.cookies)
  browser.cookies.clear()
  for (const [name, cookie] of old) browser.cookies.set(name, cookie)
  browser.dropBoundCookie()
  await me(browser)
  expect(browser.events).toEqual(['registered', 'refresh failed: 503'])
  for (const [name, cookie] of current) browser.cookies.set(name, cookie)
  browser.dropBoundCookie()
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test('within the grace period, the old id is bound as well, and its refresh keeps the session of the browser', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const old = `__Host-session=${idOf(browser)}`
  const oldBound = `__Host-session-bound=${browser.cookies.get('__Host-session-bound')?.value}`
  advance(afterRegistrationMs)
  await browser.request('/rotate?graceMs=300000', { method: 'POST' })
  expect(await meWith(app, `${old}; ${oldBound}`)).toMatchObject({ userId: 'ann', device: 'bound' })
  advance(299_000)
  expect(await meWith(app, old)).toEqual({ device: 'missing', visits: 0 })
  const headers = { 'sec-secure-session-id': browser.bound().id, cookie: old, origin }
  const answer = await app.fetch(new Request(`${origin}/session-device/refresh`, { method: 'POST', headers }))
  expect(answer.status).toBe(503)
})

test('a refresh with the old id, while a rotation has yet to take over a new binding, keeps the session of the browser', async () => {
  const key = await generateKey()
  let next: 'replace' | 'take over' | undefined
  let status = 0
  const store = instrumented(async (method, given) => {
    if (next === 'replace' && method === 'update' && given === id) {
      next = undefined
      const answer = await browser.post('/session-device/register', proof)
      headers['sec-secure-session-id'] = ((await answer.json()) as { session_identifier: string }).session_identifier
      next = 'take over'
    } else if (next === 'take over' && method === 'read' && given === recordIdOf(id)) {
      next = undefined
      status = (await app.fetch(new Request(`${origin}/session-device/refresh`, { method: 'POST', headers }))).status
    }
  })
  const app = createApp({ store })
  const browser = app.browser({ sendsDevice: false })
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  const proof = await sign(key, offer?.challenge ?? '', true)
  const id = idOf(browser)
  const headers: Record<string, string> = { cookie: `__Host-session=${id}`, origin }
  next = 'replace'
  await browser.request('/rotate?graceMs=300000', { method: 'POST' })
  expect(status).toBe(503)
})

test('a bound cookie that a late response of the old id set is honoured, and replaced', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const late = browser.cookies.get('__Host-session-bound')
  await browser.request('/rotate', { method: 'POST' })
  if (late) browser.cookies.set('__Host-session-bound', late)
  advance(afterRegistrationMs)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  expect(browser.cookies.get('__Host-session-bound')?.value).not.toBe(late?.value)
  expect(browser.events).toEqual(['registered'])
})

test('the record of a binding never ends before its session', async () => {
  const store = memorySessions()
  const app = createApp({ store, manager: { idleTimeoutMs: 1_800_000, absoluteTimeoutMs: 3_600_000 } })
  const browser = app.browser()
  await signIn(browser)
  // Later the app allows a day.
  const longer = createApp({ store, manager: { idleTimeoutMs: 7_200_000, absoluteTimeoutMs: 86_400_000 } })
  const recordId = asSessionId(recordIdOf(idOf(browser)))
  const ends = async (id: SessionId): Promise<number> => (await store.read(id)).expiresAtMs
  advance(500_000)
  expect(await meWith(longer, browser.cookieHeader())).toMatchObject({ device: 'bound' })
  const sessionEnds = await ends(asSessionId(idOf(browser)))
  expect(sessionEnds).toBeGreaterThan(Date.now() + 7_000_000)
  expect(await ends(recordId)).toBeGreaterThan(sessionEnds)
})

test('a session whose binding cannot be prolonged is not extended beyond it', async () => {
  let isBroken = false
  const store = instrumented(async (method, id) => {
    if (isBroken && method === 'touch' && id === recordIdOf(idOf(browser))) throw new Error('down')
  })
  const app = createApp({ store, manager: { idleTimeoutMs: 1_800_000, absoluteTimeoutMs: 3_600_000 } })
  const browser = app.browser()
  await signIn(browser)
  const before = await store.read(asSessionId(idOf(browser)))
  const longer = createApp({ store, manager: { idleTimeoutMs: 7_200_000, absoluteTimeoutMs: 86_400_000 } })
  isBroken = true
  advance(500_000)
  expect(await meWith(longer, browser.cookieHeader())).toMatchObject({ device: 'bound' })
  expect((await store.read(asSessionId(idOf(browser)))).expiresAtMs).toBe(before.expiresAtMs)
})

test('a write of data never writes the record of the binding, and ending a session removes it', async () => {
  const written: string[] = []
  const store = instrumented(async (method, id) => {
    if (method !== 'read') written.push(`${method} ${id}`)
  })
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  const recordId = recordIdOf(idOf(browser))
  written.length = 0
  await browser.request('/visit', { method: 'POST' })
  expect(written).toEqual([`update ${idOf(browser)}`])
  await browser.request('/sign-out', { method: 'POST' })
  const gone: unknown = await store.read(asSessionId(recordId)).catch((error: unknown) => error)
  expect(isSessionError(gone) && gone.code).toBe('NotFound')
})

test('a session that cannot be ended keeps its binding', async () => {
  let isBroken = false
  const store = instrumented(async (method, id) => {
    if (isBroken && method === 'delete' && id === idOf(browser)) throw new Error('down')
  })
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  isBroken = true
  expect((await browser.request('/sign-out', { method: 'POST' })).status).toBe(500)
  expect(await meWith(app, `__Host-session=${idOf(browser)}`)).toEqual({ device: 'missing', visits: 0 })
})

test('a refresh prolongs the record of the binding if the timeouts have become longer', async () => {
  const store = memorySessions()
  const browser = createApp({ store }).browser()
  await signIn(browser)
  const longer = createApp({ store, manager: { absoluteTimeoutMs: 30 * 86_400_000 } }).browser()
  for (const [name, cookie] of browser.cookies) longer.cookies.set(name, cookie)
  for (const [id, session] of browser.sessions) longer.sessions.set(id, session)
  longer.dropBoundCookie()
  await me(longer)
  const { expiresAtMs } = await store.read(asSessionId(recordIdOf(idOf(browser))))
  expect(expiresAtMs).toBeGreaterThan(Date.now() + 29 * 86_400_000)
  expect(expiresAtMs).toBeLessThan(Date.now() + 31 * 86_400_000)
})

test('a rotation by a request that did not prove the device issues no bound cookie', async () => {
  const app = createApp({ device: { whenUnproven: 'report' } })
  const [browser, other] = [app.browser(), app.browser()]
  await signIn(browser)
  await signIn(other)
  const foreign = other.cookies.get('__Host-session-bound')
  if (foreign) browser.cookies.set('__Host-session-bound', foreign)
  await browser.request('/rotate', { method: 'POST' })
  expect(browser.cookies.has('__Host-session-bound')).toBe(false)
})
