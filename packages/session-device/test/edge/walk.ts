// Runs on each runtime, also where there is nothing of Node.
import { afterRegistrationMs, createApp, idOf, me, meWith, signIn } from '../app.js'
import type { Browser } from '../browser.js'
import { challengeOf, generateKey, sign } from '../browser.js'

const refresh = '/session-device/refresh'

function check(isTrue: boolean, claim: string): void {
  if (!isTrue) throw new Error(`Not true: ${claim}.`)
}

async function isBound(browser: Browser): Promise<boolean> {
  const { userId, device } = await me(browser)
  return userId === 'ann' && device === 'bound'
}

async function walkWith(alg: 'ES256' | 'RS256', passTime: (ms: number) => void): Promise<void> {
  const app = createApp()
  const browser = app.browser({ alg })
  await signIn(browser)
  check(await isBound(browser), 'a sign-in makes the browser register')
  passTime(afterRegistrationMs)
  const stolen = `__Host-session=${idOf(browser)}`
  check((await meWith(app, stolen)).device === 'missing', 'the session cookie alone opens nothing')
  const bound = browser.cookies.get('__Host-session-bound')?.value ?? ''
  const forged = `${stolen}; __Host-session-bound=${bound.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))}`
  check((await meWith(app, forged)).device === 'invalid', 'a forged bound cookie opens nothing')
  const { challenge, id } = browser.bound()
  browser.dropBoundCookie()
  check(await isBound(browser), 'without its bound cookie, the browser refreshes')
  browser.bound().challenge = challenge
  browser.dropBoundCookie()
  check(await isBound(browser), 'a used challenge is answered by a new one')
  const headers = { 'sec-secure-session-id': id }
  const fresh = challengeOf(await browser.post(refresh, undefined, headers))
  const foreign = await sign(await generateKey(alg), fresh?.challenge ?? '', false)
  check((await browser.post(refresh, foreign, headers)).status === 400, 'another key does not refresh')
  await browser.request('/rotate', { method: 'POST' })
  browser.dropBoundCookie()
  check(await isBound(browser), 'a rotation takes the binding along')
  const last = browser.cookieHeader()
  await browser.request('/sign-out', { method: 'POST' })
  check((await meWith(app, last)).userId === undefined, 'after a sign-out, both cookies open nothing')
  await me(browser)
  check(browser.sessions.size === 0, 'a sign-out ends the session of the browser')
  const events = 'registered, refreshed, challenged, refreshed, challenged, refreshed, refresh refused: 404'
  check(browser.events.join(', ') === events, `the events are ${events}`)
}

/** Walks through the protocol with each algorithm. Resolves to the algorithms. */
export async function walk(): Promise<readonly string[]> {
  const now = Date.now
  let offsetMs = 0
  Date.now = () => now() + offsetMs
  try {
    for (const alg of ['ES256', 'RS256'] as const) await walkWith(alg, (ms) => (offsetMs += ms))
    return ['ES256', 'RS256']
  } finally {
    Date.now = now
  }
}
