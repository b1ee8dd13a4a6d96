import type { SessionPlugin } from '@bext/session-core'
import { asSessionId, isSessionError } from '@bext/session-core'
import { expect, test } from 'vitest'
import type { Browser } from './browser.js'
import { challengeOf, createBrowser, generateKey, registrationOf, sign } from './browser.js'
import { afterRegistrationMs, type App, createApp, idOf, me, meWith, recordIdOf, signIn } from './app.js'
import { advance } from './helpers.js'
import { interleave } from './interleave.js'
import type { NameOf } from './lane.js'

// One for all orders, because a new one costs more than all calls of the store.
const key = await generateKey()

/** Names the calls for a session and for its binding. */
function callsFor(id: string): NameOf {
  return (method, given) => {
    if (given === id) return `${method} session`
    // A rotation touches the old binding when all is decided.
    return given === recordIdOf(id) && method !== 'touch' ? `${method} binding` : undefined
  }
}

const open = 'read binding, read session'
const write = 'updateIfUnchanged binding'
const registration = ['createWithId binding', 'delete binding', open, write]

interface TwoServers {
  /** Answers the forms. The other server answers the endpoints and the pages. */
  readonly forms: App
  readonly browser: Browser
}

function isForm({ method, url }: Request): boolean {
  return method === 'POST' && !url.includes('/session-device/')
}

/** Creates two servers over one store, and a browser of both. */
function createServers(stores: readonly [SessionPlugin, SessionPlugin], sendsDevice: boolean): TwoServers {
  const [pages, forms] = [createApp({ store: stores[0] }), createApp({ store: stores[1] })]
  const browser = createBrowser((request) => (isForm(request) ? forms : pages).fetch(request), { key, sendsDevice })
  return { forms, browser }
}

/** Signs in, and resolves to a proof that registers the key. */
async function unregistered(browser: Browser): Promise<string> {
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  return sign(key, offer?.challenge ?? '', true)
}

async function isGone(app: App, id: string): Promise<boolean> {
  const outcome: unknown = await app.store.read(asSessionId(id)).catch((error: unknown) => error)
  return isSessionError(outcome) && outcome.code === 'NotFound'
}

test.each([
  [0, 'delete session'],
  [60_000, 'touch session'],
])(
  'a registration and a rotation in any order: the new id is bound, or the browser is refused (grace %i)',
  async (graceMs, retired) => {
    const seen = { bound: 0, refused: 0 }
    const { count, moments } = await interleave(async (stores) => {
      const { forms, browser } = createServers(stores, false)
      const proof = await unregistered(browser)
      let registered = 0
      let rotated: Response | undefined
      return {
        nameOf: callsFor(idOf(browser)),
        work: [
          async () => {
            registered = (await browser.post('/session-device/register', proof)).status
          },
          async () => {
            rotated = await browser.request(`/rotate?graceMs=${graceMs}`, { method: 'POST' })
          },
        ],
        async check() {
          advance(afterRegistrationMs)
          const { device, userId } = await meWith(forms, `__Host-session=${idOf(browser)}`)
          const isBound = device === 'missing'
          seen[isBound ? 'bound' : 'refused'] += 1
          // The browser and the server agree.
          expect([userId, registered]).toEqual(isBound ? [undefined, 200] : ['ann', 403])
          if (!isBound) expect(rotated && registrationOf(rotated)).toBeDefined()
        },
      }
    })
    expect(moments).toEqual([registration, ['read binding', open, 'update session', write, retired].toSorted()])
    expect([count, seen]).toEqual([181, { bound: 55, refused: 126 }])
  },
)

test('a registration and a sign-out in any order: nothing opens, and no binding is left', async () => {
  const { count, moments } = await interleave(async (stores) => {
    const { forms, browser } = createServers(stores, false)
    const proof = await unregistered(browser)
    const id = idOf(browser)
    return {
      nameOf: callsFor(id),
      work: [
        () => browser.post('/session-device/register', proof),
        () => browser.request('/sign-out', { method: 'POST' }),
      ],
      async check() {
        const bound = browser.cookies.get('__Host-session-bound')?.value ?? ''
        const cookie = `__Host-session=${id}; __Host-session-bound=${bound}`
        expect(await meWith(forms, cookie)).toEqual({ device: 'unbound', visits: 0 })
        expect(await isGone(forms, recordIdOf(id))).toBe(true)
      },
    }
  })
  expect(moments).toEqual([registration, ['delete binding', 'delete session', open]])
  expect(count).toBe(28)
})

test('a refresh and a sign-out in any order: nothing opens, and the browser ends its session', async () => {
  const events = new Set<string>()
  const { count, moments } = await interleave(async (stores) => {
    const { forms, browser } = createServers(stores, true)
    await signIn(browser)
    const id = idOf(browser)
    const signOut = forms.browser({ sendsDevice: false })
    for (const [name, cookie] of browser.cookies) signOut.cookies.set(name, cookie)
    browser.dropBoundCookie()
    return {
      nameOf: callsFor(id),
      work: [() => me(browser), () => signOut.request('/sign-out', { method: 'POST' })],
      async check() {
        const bound = browser.cookies.get('__Host-session-bound')?.value ?? ''
        const cookie = `__Host-session=${id}; __Host-session-bound=${bound}`
        expect(await meWith(forms, cookie)).toEqual({ device: 'unbound', visits: 0 })
        events.add(browser.events.join(', '))
        browser.dropBoundCookie()
        await me(browser)
        expect(browser.sessions.size).toBe(0)
      },
    }
  })
  expect(moments).toEqual([
    [open, 'read session', write],
    ['delete binding', 'delete session', 'read session'],
  ])
  expect([count, events]).toEqual([19, new Set(['registered, refreshed', 'registered, refresh refused: 404'])])
})

test('a refresh and a rotation in any order: the browser keeps its session', async () => {
  const events = new Set<string>()
  const { count, moments } = await interleave(async (stores) => {
    const { browser } = createServers(stores, true)
    await signIn(browser)
    const id = idOf(browser)
    browser.dropBoundCookie()
    return {
      nameOf: callsFor(id),
      work: [() => me(browser), () => browser.send('POST', '/rotate')],
      async check() {
        events.add(browser.events.join(', '))
        browser.dropBoundCookie()
        expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
      },
    }
  })
  expect(moments).toEqual([
    [open, 'read session', write],
    ['delete session', 'read binding', open, 'update session', write],
  ])
  const ends = [
    'refreshed',
    'challenged, refreshed',
    'challenged, challenged, refreshed',
    'refresh failed: 503',
    'challenged, refresh failed: 503',
  ]
  expect([count, events]).toEqual([82, new Set(ends.map((end) => `registered, ${end}`))])
})

test('one proof twice, in any order, refreshes once', async () => {
  const { count, moments } = await interleave(async (stores) => {
    const [one, other] = [createApp({ store: stores[0] }), createApp({ store: stores[1] })]
    const browser = one.browser({ key })
    await signIn(browser)
    const { key: own, challenge, id } = browser.bound()
    const proof = await sign(own, challenge ?? '', false)
    const headers = { 'sec-secure-session-id': id }
    const statuses: number[] = []
    const refresh = async (app: App): Promise<void> => {
      const thief = app.browser()
      for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie)
      const answer = await thief.post('/session-device/refresh', proof, headers)
      if (answer.status === 403) expect(challengeOf(answer)?.id).toBe(id)
      statuses.push(answer.status)
    }
    return {
      nameOf: callsFor(idOf(browser)),
      work: [() => refresh(one), () => refresh(other)],
      async check() {
        expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 403])
      },
    }
  })
  expect(moments).toEqual([
    [open, write],
    [open, write],
  ])
  expect(count).toBe(6)
})
