import type { SessionId, SessionPlugin } from '@bext/session-core'
import { asSessionId, isSessionError } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { expect, test } from 'vitest'
import { generateKey, origin, registrationOf, sign } from './browser.js'
import { advance, afterRegistrationMs, createApp, idOf, me, meWith, recordIdOf, signIn } from './helpers.js'

type Call = (method: string, id: SessionId) => Promise<void> | undefined

/** Calls `before` and `after` around each call of a store. */
function instrumented({ before, after }: { before?: Call; after?: Call }): SessionPlugin {
  const inner = memorySessions()
  return new Proxy(inner, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      return async (...args: unknown[]): Promise<unknown> => {
        await before?.(key, args[0] as SessionId)
        const result: unknown = await Reflect.apply(value, target, args)
        await after?.(key, args[0] as SessionId)
        return result
      }
    },
  })
}

type Interruption = (() => Promise<unknown>) | undefined

/** Creates a store that runs the interruption once, before the call of this number after the interruption was set. */
function interruptedAt(moment: number): { store: SessionPlugin; interrupt: (work: Interruption) => void } {
  let calls = -1
  let interruption: Interruption
  const store = instrumented({
    async before() {
      if (!interruption) return
      calls += 1
      if (calls !== moment) return
      const run = interruption
      interruption = undefined
      await run()
    },
  })
  return {
    store,
    interrupt(work) {
      interruption = work
    },
  }
}

/** Runs each pair of a rotation and a registration, with the rotation at one of the registration's calls. */
const moments = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

const rotations = moments.flatMap((moment) => [0, 60_000].map((graceMs) => ({ moment, graceMs })))

test.each(rotations)(
  'a rotation at call $moment of the registration binds the new id, or refuses the browser (grace $graceMs)',
  async ({ moment, graceMs }) => {
    const { store, interrupt } = interruptedAt(moment)
    const app = createApp({ store })
    const browser = app.browser({ sendsDevice: false })
    const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
    const key = await generateKey()
    const proof = await sign(key, offer?.challenge ?? '', true)
    let rotated: Response | undefined
    interrupt(async () => {
      rotated = await browser.request(`/rotate?graceMs=${graceMs}`, { method: 'POST' })
    })
    const registered = await browser.post('/session-device/register', proof)
    interrupt(undefined)
    advance(afterRegistrationMs)
    const isBound = (await meWith(app, `__Host-session=${idOf(browser)}`)).device === 'missing'
    // The browser and the server agree, whatever the order.
    expect([isBound, registered.status]).toEqual(isBound ? [true, 200] : [false, 403])
    if (rotated && !isBound) expect(registrationOf(rotated)).toBeDefined()
  },
)

test.each(moments)(
  'a registration at call %i of a rotation binds the new id, or refuses the browser',
  async (moment) => {
    const { store, interrupt } = interruptedAt(moment)
    let registered: Response | undefined
    const app = createApp({ store })
    const browser = app.browser({ sendsDevice: false })
    const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
    const proof = await sign(await generateKey(), offer?.challenge ?? '', true)
    interrupt(async () => {
      registered = await browser.post('/session-device/register', proof)
    })
    await browser.request('/rotate', { method: 'POST' })
    interrupt(undefined)
    if (!registered) return
    advance(afterRegistrationMs)
    const isBound = (await meWith(app, `__Host-session=${idOf(browser)}`)).device === 'missing'
    expect([isBound, registered.status]).toEqual(isBound ? [true, 200] : [false, 403])
  },
)

test.each(moments)('a sign-out at call %i of a registration leaves nothing that opens', async (moment) => {
  const { store, interrupt } = interruptedAt(moment)
  const app = createApp({ store })
  const browser = app.browser({ sendsDevice: false })
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  const proof = await sign(await generateKey(), offer?.challenge ?? '', true)
  const copied = browser.cookieHeader()
  let isSignedOut = false
  interrupt(async () => {
    await browser.request('/sign-out', { method: 'POST' })
    isSignedOut = true
  })
  await browser.post('/session-device/register', proof)
  if (!isSignedOut) return
  const bound = browser.cookies.get('__Host-session-bound')?.value ?? ''
  expect(await meWith(app, `${copied}; __Host-session-bound=${bound}`)).toEqual({ device: 'unbound', visits: 0 })
})

test('a refresh under way while the visitor signs out sets a cookie that opens nothing', async () => {
  let signOut: (() => Promise<unknown>) | undefined
  const app = createApp({
    store: instrumented({
      async after(method) {
        if (method !== 'updateIfUnchanged' || !signOut) return
        const run = signOut
        signOut = undefined
        await run()
      },
    }),
  })
  const browser = app.browser()
  await signIn(browser)
  const main = `__Host-session=${idOf(browser)}`
  browser.dropBoundCookie()
  signOut = () =>
    app.fetch(new Request('https://app.example.test/sign-out', { method: 'POST', headers: { cookie: main } }))
  await me(browser)
  const bound = browser.cookies.get('__Host-session-bound')?.value
  expect(bound).toBeDefined()
  expect(await meWith(app, `${main}; __Host-session-bound=${bound}`)).toEqual({ device: 'unbound', visits: 0 })
  browser.dropBoundCookie()
  await me(browser)
  expect(browser.sessions.size).toBe(0)
})

test('a refresh whose session ends before it is accepted is refused', async () => {
  let signOut: (() => Promise<unknown>) | undefined
  const app = createApp({
    store: instrumented({
      async before(method) {
        if (method !== 'updateIfUnchanged' || !signOut) return
        const run = signOut
        signOut = undefined
        await run()
      },
    }),
  })
  const browser = app.browser()
  await signIn(browser)
  const headers = { cookie: `__Host-session=${idOf(browser)}` }
  browser.dropBoundCookie()
  signOut = () => app.fetch(new Request(`${origin}/sign-out`, { method: 'POST', headers }))
  await me(browser)
  expect(browser.events).toEqual(['registered', 'refresh refused: 404'])
})

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
  const store = instrumented({
    async before(method, id) {
      if (isBroken && method === 'touch' && id === recordIdOf(idOf(browser))) throw new Error('down')
    },
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
  const store = instrumented({
    async before(method, id) {
      if (method !== 'read') written.push(`${method} ${id}`)
    },
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
  const store = instrumented({
    async before(method, id) {
      if (isBroken && method === 'delete' && id === idOf(browser)) throw new Error('down')
    },
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
