import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@bext-internal/test-services'
import type { BrowserContext, Page } from 'playwright-core'
import { type RunningApp, startApp } from './app.js'
import { startChromium } from './chromium.js'

const boundCookieMs = 180_000
const name = '__Host-session'
const boundName = `${name}-bound`

/** A walk under way. */
interface Walk {
  readonly app: RunningApp
  readonly say: (text: string) => void
  /** Throws an error unless the claim is true. */
  readonly check: (isTrue: boolean, claim: string) => void
  /** Resolves to who is signed in on the page, and to the state of its binding. */
  readonly see: (tab: Page) => Promise<string>
  /** Returns how often an endpoint has given an answer, such as `/session-device/refresh 404`. */
  readonly countOf: (answer: string) => number
}

function beginWalk(app: RunningApp, say: (text: string) => void): Walk {
  return {
    app,
    say,
    check(isTrue, claim) {
      if (!isTrue) throw new Error(`Not true: ${claim}.`)
      say(`ok  ${claim}`)
    },
    async see(tab) {
      await tab.goto(app.origin)
      return `${await tab.locator('#who').innerText()}, ${await tab.locator('#device').innerText()}`
    },
    countOf: (answer) => app.endpointCalls.filter((one) => one === answer).length,
  }
}

function until(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  return waitUntil(async () => {
    if (!(await isTrue())) throw new Error(`Not within ${withinMs} ms: ${what}.`)
  }, withinMs)
}

/** Resolves at a time. */
function untilTime(timeMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, timeMs - Date.now())
  })
}

async function press(tab: Page, action: string): Promise<void> {
  await tab.locator(`#${action}`).click()
  await tab.waitForLoadState()
}

async function copyCookies(
  { app: { origin } }: Walk,
  from: BrowserContext,
  to: BrowserContext,
  names: readonly string[],
): Promise<void> {
  const cookies = (await from.cookies(origin)).filter((cookie) => names.includes(cookie.name))
  const attributes = { url: origin, secure: true, httpOnly: true, expires: Date.now() / 1000 + 86_400 }
  await to.addCookies(cookies.map(({ name: cookieName, value }) => ({ name: cookieName, value, ...attributes })))
}

/** Ends the bound cookie in the browser, so that its next request refreshes. */
async function dropBoundCookie(tab: Page): Promise<void> {
  await tab.context().clearCookies({ name: boundName })
}

async function register(walk: Walk, tab: Page): Promise<void> {
  const { check, see } = walk
  check((await see(tab)) === 'guest, unbound', 'a visitor without a session is a guest')
  await press(tab, 'sign-in')
  await until('the browser has registered', () => walk.countOf('/session-device/register 200') > 0)
  check((await see(tab)) === 'ann, bound', 'after the sign-in, the browser registers its key')
  const devices = await tab.locator('#devices').innerText()
  check(devices.includes('This device: bound to this device'), 'the list of devices says so')
}

async function proveKey(walk: Walk, tab: Page): Promise<void> {
  const { check, see, countOf } = walk
  const before = countOf('/session-device/refresh 200')
  check((await see(tab)) === 'ann, bound', 'after a restart of the browser, the session is bound as before')
  await dropBoundCookie(tab)
  check((await see(tab)) === 'ann, bound', 'without its bound cookie, the browser refreshes with the key from before')
  check(countOf('/session-device/refresh 200') === before + 1, 'by one proof')
}

async function proveRotation(walk: Walk, tab: Page, thief: BrowserContext): Promise<void> {
  const { check, see } = walk
  await copyCookies(walk, tab.context(), thief, [name, boundName])
  const thiefTab = await thief.newPage()
  check((await see(thiefTab)) === 'ann, bound', 'copies of both cookies open the session until the bound cookie ends')
  await press(tab, 'rotate')
  check((await see(tab)) === 'ann, bound', 'after a rotation, the session is still bound')
  check((await see(thiefTab)) === 'guest, unbound', 'and the copies of the old id open nothing')
}

/** Proves that a copy of both cookies works. Resolves to a function that proves that it does so until its bound cookie ends. */
async function proveTheft(walk: Walk, tab: Page, thief: BrowserContext): Promise<() => Promise<void>> {
  const { check, see } = walk
  await copyCookies(walk, tab.context(), thief, [name, boundName])
  const copiedAtMs = Date.now()
  const thiefTab = await thief.newPage()
  // For 30 seconds after a registration or a rotation, a request without the bound cookie may be older than it.
  await untilTime(copiedAtMs + 31_000)
  const other = await thief.browser()?.newContext()
  if (!other) throw new Error('Chromium opens no context.')
  await copyCookies(walk, tab.context(), other, [name])
  check((await see(await other.newPage())) === 'guest, missing', 'a copy of the session cookie alone opens nothing')
  check((await see(thiefTab)) === 'ann, bound', 'copies of both cookies still work')
  return async () => {
    await untilTime(copiedAtMs + boundCookieMs + 1000)
    check((await see(thiefTab)).startsWith('guest, expired'), 'until the bound cookie ends, and not after')
    check((await see(tab)) === 'ann, bound', 'the browser itself goes on')
  }
}

async function proveOutages({ app, check, see, say, countOf }: Walk, tab: Page): Promise<void> {
  await app.redis.kill()
  await dropBoundCookie(tab)
  check((await tab.goto(app.origin))?.status() === 503, 'while the store is down, pages are 503')
  check(countOf('/session-device/refresh 503') > 0, 'and so is the refresh')
  await app.redis.restart()
  await until('the store answers again', () => app.isHealthy())
  check((await see(tab)) === 'ann, bound', 'once the store is back, the session is bound as before')

  app.setHanging(true)
  await dropBoundCookie(tab)
  const beganAtMs = Date.now()
  const seen = await see(tab)
  const seconds = Math.round((Date.now() - beganAtMs) / 1000)
  check(seen === 'guest, skipped:unreachable', `a refresh that hangs holds the page for ${seconds} s, then: ${seen}`)
  app.setHanging(false)
  const after: string[] = []
  await until(
    'the browser refreshes again',
    async () => {
      const now = await see(tab)
      if (after.at(-1) !== now) after.push(now)
      return now === 'ann, bound'
    },
    60_000,
  ).finally(() => say(`    after it: ${after.join(' / ')}`))
  check(after.at(-1) === 'ann, bound', 'and signs nobody out: later the session is bound as before')
}

async function proveSignOut({ app, check, see, countOf }: Walk, tab: Page): Promise<void> {
  await press(tab, 'sign-out')
  await see(tab)
  await until('the browser has been refused', () => countOf('/session-device/refresh 404') > 0)
  check((await see(tab)) === 'guest, unbound', 'a sign-out ends it')
  const calls = app.endpointCalls.length
  await see(tab)
  check(app.endpointCalls.length === calls, 'and the browser has ended its part: it refreshes no more')
}

/**
 * Walks through the life of a bound session in Chromium, and says each claim that is true. Rejects at the first that is not. Takes
 * about four minutes, most of them until a bound cookie ends. Stores a picture of the devices page in the file `screenshot`.
 */
export async function walkThroughBinding(say: (text: string) => void, screenshot?: string): Promise<void> {
  const app = await startApp(boundCookieMs)
  const walk = beginWalk(app, say)
  const profile = await mkdtemp(join(tmpdir(), 'bext-device-'))
  let running = await startChromium(app.publicKeyHash, profile)
  try {
    let tab = await running.context.newPage()
    await register(walk, tab)
    if (screenshot !== undefined) await tab.screenshot({ path: screenshot })
    await running.close()
    running = await startChromium(app.publicKeyHash, profile)
    tab = await running.context.newPage()
    await proveKey(walk, tab)
    const thief = await running.browser.newContext()
    await proveRotation(walk, tab, thief)
    const proveItsEnd = await proveTheft(walk, tab, thief)
    await proveOutages(walk, tab)
    await proveItsEnd()
    await proveSignOut(walk, tab)
    say(`Every check passed. Endpoints: ${app.endpointCalls.join(', ')}.`)
  } finally {
    await running.close()
    await app.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
