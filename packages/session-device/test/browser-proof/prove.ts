// Walks through device-bound sessions in the Chromium of PATH: pnpm prove:device [screenshot.png]. Takes five minutes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@bext-internal/test-services'
import type { BrowserContext, Page } from 'playwright-core'
import { startApp } from './app.js'
import { startChromium } from './chromium.js'

const boundCookieMs = 180_000
const name = '__Host-session'
const boundName = `${name}-bound`

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function check(isTrue: boolean, claim: string): void {
  if (!isTrue) throw new Error(`Not true: ${claim}.`)
  say(`ok  ${claim}`)
}

function until(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  return waitUntil(async () => {
    if (!(await isTrue())) throw new Error(`Not within ${withinMs} ms: ${what}.`)
  }, withinMs)
}

const app = await startApp(boundCookieMs)
const { origin, publicKeyHash, redis, endpointCalls } = app

async function see(tab: Page): Promise<string> {
  await tab.goto(origin)
  return `${await tab.locator('#who').innerText()}, ${await tab.locator('#device').innerText()}`
}

async function press(tab: Page, action: string): Promise<void> {
  await tab.locator(`#${action}`).click()
  await tab.waitForLoadState()
}

async function copyCookies(from: BrowserContext, to: BrowserContext, names: readonly string[]): Promise<void> {
  const cookies = (await from.cookies(origin)).filter((cookie) => names.includes(cookie.name))
  const attributes = { url: origin, secure: true, httpOnly: true, expires: Date.now() / 1000 + 86_400 }
  await to.addCookies(cookies.map(({ name: cookieName, value }) => ({ name: cookieName, value, ...attributes })))
}

/** Ends the bound cookie in the browser, so that its next request refreshes. */
async function dropBoundCookie(tab: Page): Promise<void> {
  await tab.context().clearCookies({ name: boundName })
}

const countOf = (call: string): number => endpointCalls.filter((one) => one === call).length

async function proveTheft(tab: Page, copiedAtMs: number, thiefTab: Page): Promise<void> {
  const context = tab.context()
  await until('30 seconds have passed', () => Date.now() > copiedAtMs + 31_000, 40_000)
  const other = await context.browser()?.newContext()
  if (!other) throw new Error('Chromium opens no context.')
  await copyCookies(context, other, [name])
  check((await see(await other.newPage())) === 'guest, missing', 'a copy of the session cookie alone opens nothing')
  check((await see(thiefTab)) === 'ann, bound', 'the copies of both cookies still work')
  await until('the copied bound cookie has ended', () => Date.now() > copiedAtMs + boundCookieMs, boundCookieMs)
  check((await see(thiefTab)).startsWith('guest, expired'), 'until the bound cookie ends, and not after')
  check((await see(tab)) === 'ann, bound', 'the browser itself goes on')
}

async function proveOutages(tab: Page, registeredAtMs: number): Promise<void> {
  await redis.kill()
  await dropBoundCookie(tab)
  check((await tab.goto(origin))?.status() === 503, 'while the store is down, pages are 503')
  check(countOf('/session-device/refresh 503') > 0, 'and so is the refresh')
  await redis.restart()
  await until('the store answers again', () => app.isHealthy())
  check((await see(tab)) === 'ann, bound', 'once the store is back, the session is bound as before')

  // Until then, a request without the bound cookie may be older than the registration.
  await until('30 seconds have passed', () => Date.now() > registeredAtMs + 31_000, 40_000)
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

async function proveSignOut(tab: Page): Promise<void> {
  await press(tab, 'sign-out')
  await see(tab)
  await until('the browser has been refused', () => countOf('/session-device/refresh 404') > 0)
  check((await see(tab)) === 'guest, unbound', 'a sign-out ends it')
  const calls = endpointCalls.length
  await see(tab)
  check(endpointCalls.length === calls, 'and the browser has ended its part: it refreshes no more')
}

const profile = await mkdtemp(join(tmpdir(), 'bext-device-'))
let running = await startChromium(publicKeyHash, profile)
try {
  let tab = await running.context.newPage()
  check((await see(tab)) === 'guest, unbound', 'a visitor without a session is a guest')
  await press(tab, 'sign-in')
  await until('the browser has registered', () => countOf('/session-device/register 200') > 0)
  const registeredAtMs = Date.now()
  check((await see(tab)) === 'ann, bound', 'after the sign-in, the browser registers its key')
  const devices = await tab.locator('#devices').innerText()
  check(devices.includes('This device: bound to this device'), 'the list of devices says so')
  const [screenshot] = process.argv.slice(2)
  if (screenshot !== undefined) await tab.screenshot({ path: screenshot })

  await running.close()
  running = await startChromium(publicKeyHash, profile)
  tab = await running.context.newPage()
  const before = countOf('/session-device/refresh 200')
  check((await see(tab)) === 'ann, bound', 'after a restart of the browser, the session is bound as before')
  await dropBoundCookie(tab)
  check((await see(tab)) === 'ann, bound', 'without its bound cookie, the browser refreshes with the key from before')
  check(countOf('/session-device/refresh 200') === before + 1, 'by one proof')

  const thief = await running.browser.newContext()
  await copyCookies(running.context, thief, [name, boundName])
  const thiefTab = await thief.newPage()
  check((await see(thiefTab)) === 'ann, bound', 'copies of both cookies open the session until the bound cookie ends')
  await press(tab, 'rotate')
  check((await see(tab)) === 'ann, bound', 'after a rotation, the session is still bound')
  check((await see(thiefTab)) === 'guest, unbound', 'and the copies of the old id open nothing')
  await copyCookies(running.context, thief, [name, boundName])
  const copiedAtMs = Date.now()

  await proveOutages(tab, registeredAtMs)
  await proveTheft(tab, copiedAtMs, thiefTab)
  await proveSignOut(tab)
  say(`Every check passed. Endpoints: ${endpointCalls.join(', ')}.`)
} finally {
  await running.close()
  await app.close()
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
}
