import type { SessionPlugin } from '@bext/session-core'
import { asSessionId } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import { createApp, idOf, me, recordIdOf, signIn } from './app.js'
import { generateKey, registrationOf, sign } from './browser.js'
import { advance } from './helpers.js'

const hourMs = 3_600_000
const register = '/session-device/register'
const refresh = '/session-device/refresh'

/** Counts the calls of a method for each id. With an answer, the calls do not reach the store. */
function counting(method: string, answer?: object): { store: SessionPlugin; calls: string[] } {
  const calls: string[] = []
  const store = new Proxy(memorySessions(), {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (key !== method || typeof value !== 'function') return value
      return async (...args: readonly unknown[]): Promise<unknown> => {
        calls.push(String(args[0]))
        return answer ?? (Reflect.apply(value, target, args) as unknown)
      }
    },
  })
  return { store, calls }
}

test('the record of a binding expires an hour after the absolute timeout, and a refresh leaves that as it is', async () => {
  const { store, calls } = counting('touch')
  const browser = createApp({ store }).browser()
  await signIn(browser)
  const recordId = recordIdOf(idOf(browser))
  const { expiresAtMs } = await store.read(asSessionId(recordId))
  expect(Math.abs(expiresAtMs - Date.now() - 13 * hourMs)).toBeLessThan(10_000)
  const bindingEnds = browser.cookies.get('__Host-session-bound')?.value.split('.')[4] ?? ''
  expect(Math.abs(Number.parseInt(bindingEnds, 36) - expiresAtMs)).toBeLessThan(10_000)
  browser.dropBoundCookie()
  await me(browser)
  expect(browser.events).toEqual(['registered', 'refreshed'])
  expect(calls.filter((id) => id === recordId)).toEqual([])
})

test('sessions with the longest lifetime that stores take can be bound', async () => {
  const maxTtlMs = 3_155_760_000_000
  const { store } = createApp()
  const browser = createApp({ store, manager: { absoluteTimeoutMs: maxTtlMs } }).browser()
  await signIn(browser)
  expect(browser.events).toEqual(['registered'])
  const { expiresAtMs } = await store.read(asSessionId(recordIdOf(idOf(browser))))
  expect(Math.abs(expiresAtMs - Date.now() - maxTtlMs)).toBeLessThan(10_000)
})

test('a rotation leaves the record of the old id for a minute, and its cookie names the end of the new record', async () => {
  const { store } = createApp()
  const browser = createApp({ store }).browser()
  await signIn(browser)
  const old = recordIdOf(idOf(browser))
  await browser.request('/rotate', { method: 'POST' })
  const current = await store.read(asSessionId(recordIdOf(idOf(browser))))
  expect(current.dataJson).toContain('"state":"current"')
  const former = await store.read(asSessionId(old))
  expect(former.dataJson).toContain('"state":"moved"')
  expect(Math.abs(former.expiresAtMs - Date.now() - 60_000)).toBeLessThan(10_000)
  const ends = browser.cookies.get('__Host-session-bound')?.value.split('.')[4] ?? ''
  expect(Math.abs(Number.parseInt(ends, 36) - current.expiresAtMs)).toBeLessThan(10_000)
})

test.each([10_500, 5000])('a rotation %i ms before the end of the bound cookie removes it', async (beforeMs) => {
  advance(0)
  const browser = createApp().browser({ sendsDevice: true })
  await signIn(browser)
  const cookie = browser.cookieHeader()
  advance(600_000 - beforeMs)
  browser.cookies.clear()
  for (const [name = '', value = ''] of cookie.split('; ').map((pair) => pair.split('='))) {
    browser.cookies.set(name, { value, expiresAtMs: Date.now() + hourMs })
  }
  const setCookies = (await browser.send('POST', '/rotate')).headers.getSetCookie()
  expect(setCookies[1]).toMatch(/^__Host-session-bound=; Max-Age=0/)
})

test('a rotation gives up after five attempts to mark the binding', async () => {
  const { store, calls } = counting('updateIfUnchanged', { outcome: 'changed' })
  const browser = createApp({ store }).browser()
  await signIn(browser)
  const id = idOf(browser)
  expect((await browser.request('/rotate', { method: 'POST' })).status).toBe(503)
  expect(calls).toEqual(Array.from({ length: 5 }, () => recordIdOf(id)))
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
})

test('each refusal is reported with its reason', async () => {
  const app = createApp()
  const browser = app.browser({ sendsDevice: false })
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  const key = await generateKey()
  const proof = await sign(key, offer?.challenge ?? '', true)
  const answers = [
    await browser.post(register, undefined),
    await browser.post(register, await sign(key, 'no challenge', true)),
    await app.browser().post(register, proof),
    await browser.post(register, proof),
    await browser.post(register, await sign(await generateKey(), offer?.challenge ?? '', true)),
    await browser.post(refresh, undefined, { 'sec-secure-session-id': 'unknown' }),
    await browser.post(refresh, undefined),
  ]
  expect(answers.map(({ status }) => status)).toEqual([400, 403, 403, 200, 403, 404, 404])
  const reasons = app.rejections.map(({ phase, reason }) => `${phase}: ${reason}`)
  const refused = ['malformed', 'challenge', 'session', 'taken'].map((reason) => `registration: ${reason}`)
  expect(reasons).toEqual([...refused, 'refresh: session', 'refresh: session'])
})

test('a registration for a session that has ended is refused, and so is the refresh of one that is not bound', async () => {
  const app = createApp()
  const browser = app.browser({ sendsDevice: false })
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  for (const identifier of ['unknown', '"unterminated', '']) {
    expect((await browser.post(refresh, undefined, { 'sec-secure-session-id': identifier })).status).toBe(404)
  }
  await app.sessions.endUserSessions('ann')
  const proof = await sign(await generateKey(), offer?.challenge ?? '', true)
  expect((await browser.post(register, proof)).status).toBe(403)
  expect(app.rejections.map(({ phase, reason }) => `${phase}: ${reason}`)).toEqual([
    ...Array.from({ length: 3 }, () => 'refresh: session'),
    'registration: session',
  ])
})

test('a registration whose record exists, and ends before it is read, is refused', async () => {
  const { store } = counting('createWithId', { outcome: 'taken' })
  const app = createApp({ store })
  const browser = app.browser()
  await signIn(browser)
  expect(browser.events).toEqual(['registration refused: 403'])
  expect(app.rejections).toEqual([{ phase: 'registration', reason: 'taken' }])
})

test('a refresh reports a missing challenge, and a session that has just been rotated', async () => {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const headers = { 'sec-secure-session-id': browser.bound().id }
  const before = browser.cookieHeader()
  expect((await browser.post(refresh, undefined, headers)).status).toBe(403)
  await browser.request('/rotate', { method: 'POST' })
  browser.cookies.set('__Host-session', { value: before.split(/[=;]/)[1] ?? '', expiresAtMs: Date.now() + hourMs })
  expect((await browser.post(refresh, undefined, headers)).status).toBe(503)
  expect(app.rejections).toEqual([
    { phase: 'refresh', reason: 'challenge' },
    { phase: 'refresh', reason: 'moved' },
  ])
})
