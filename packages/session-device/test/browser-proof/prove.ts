// Walks through device-bound sessions in the Chromium of PATH: pnpm prove:device [screenshot.png]. Takes four minutes.
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedisProcess, waitUntil } from '@bext-internal/test-services'
import { createSessionManager, sessionErrorStatus } from '@bext/session-core/manager'
import { deviceBinding, deviceNode } from '@bext/session-device'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { BrowserContext, Page } from 'playwright-core'
import { startChromium } from './chromium.js'

const boundCookieMs = 180_000
const name = '__Host-session'

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

function certificate(): { key: Buffer; cert: Buffer; publicKeyHash: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bext-device-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject]
  execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)]
  rmSync(folder, { recursive: true })
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return { key, cert, publicKeyHash: createHash('sha256').update(spki).digest('base64') }
}

const { key, cert, publicKeyHash } = certificate()
const server = createServer({ key, cert })
await new Promise<void>((resolve) => {
  server.listen(0, 'localhost', resolve)
})
const origin = `https://localhost:${(server.address() as AddressInfo).port}`
const redis = await startRedisProcess({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
const client = new Redis(redis.url)
client.on('error', () => undefined)

const endpointCalls: string[] = []
const sessions = createSessionManager({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
  device: deviceBinding({ secrets: [{ id: 'k1', secret: randomBytes(32) }], origins: [origin], boundCookieMs }),
})
const endpoints = deviceNode(sessions)

async function page(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = await sessions.openNode(request, response)
  if (request.method === 'POST') {
    if (request.url === '/sign-in') session.signIn('ann')
    else if (request.url === '/rotate') session.rotate()
    else session.signOut()
    await session.commit()
    response.writeHead(303, { location: '/' }).end()
    return
  }
  session.data.visits += 1
  const devices = (await session.listSessions()).map(
    ({ isCurrent, isDeviceBound }) =>
      `<li>${isCurrent ? 'This device' : 'Another device'}: ${isDeviceBound ? 'bound to this device' : 'not bound'}</li>`,
  )
  await session.commit()
  const buttons = ['sign-in', 'rotate', 'sign-out'].map(
    (action) => `<form method="post" action="/${action}"><button id="${action}">${action}</button></form>`,
  )
  response.writeHead(200, { 'content-type': 'text/html' }).end(
    `<h1 id="who">${session.userId ?? 'guest'}</h1><p id="device">${session.device}</p>
     <h2>Your devices</h2><ul id="devices">${devices.join('')}</ul>${buttons.join('')}`,
  )
}

server.on('request', (request, response) => {
  response.on('finish', () => {
    if (request.url?.startsWith('/session-device')) endpointCalls.push(`${request.url} ${response.statusCode}`)
  })
  endpoints(request, response, () => {
    page(request, response).catch((error: unknown) => response.writeHead(sessionErrorStatus(error) ?? 500).end('error'))
  })
})

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
  const expires = Date.now() / 1000 + 86_400
  await to.addCookies(
    cookies.map(({ name: cookieName, value }) => ({
      name: cookieName,
      value,
      url: origin,
      secure: true,
      httpOnly: true,
      expires,
    })),
  )
}

const called = (call: string): boolean => endpointCalls.includes(call)
const refreshes = (): number => endpointCalls.filter((call) => call === '/session-device/refresh 200').length

const running = await startChromium(publicKeyHash)
try {
  const [context] = running.browser.contexts()
  if (!context) throw new Error('Chromium has no context.')
  const tab = await context.newPage()
  const devtools = await context.newCDPSession(tab)
  const events: string[] = []
  const send = devtools.send.bind(devtools) as (method: string, parameters?: object) => Promise<unknown>
  const on = devtools.on.bind(devtools) as unknown as (event: string, listener: (details: object) => void) => void
  await send('Network.enable')
  await send('Network.enableDeviceBoundSessions', { enable: true })
  on('Network.deviceBoundSessionEventOccurred', (details) => events.push(JSON.stringify(details)))

  check((await see(tab)) === 'guest, unbound', 'a visitor without a session is a guest')
  await press(tab, 'sign-in')
  await until('the browser has registered', () => called('/session-device/register 200'))
  check((await see(tab)) === 'ann, bound', 'after the sign-in, the browser registers its key')
  check(
    (await tab.locator('#devices').innerText()).includes('This device: bound to this device'),
    'the list of devices says so',
  )
  const [screenshot] = process.argv.slice(2)
  if (screenshot !== undefined) await tab.screenshot({ path: screenshot })

  const thief = await running.browser.newContext()
  await copyCookies(context, thief, [name, `${name}-bound`])
  const copiedAtMs = Date.now()
  const thiefTab = await thief.newPage()
  check((await see(thiefTab)) === 'ann, bound', 'copies of both cookies open the session until the bound cookie ends')

  await press(tab, 'rotate')
  check((await see(tab)) === 'ann, bound', 'after a rotation, the session is still bound')
  check((await see(thiefTab)) === 'guest, unbound', 'and the copies of the old id open nothing')
  await copyCookies(context, thief, [name, `${name}-bound`])

  await context.clearCookies({ name: `${name}-bound` })
  check((await see(tab)) === 'ann, bound', 'without its bound cookie, the browser refreshes')
  check(refreshes() === 1, 'by one proof')

  await redis.kill()
  await context.clearCookies({ name: `${name}-bound` })
  const during = await tab.goto(origin)
  check(during?.status() === 503, 'while the store is down, pages are 503')
  check(called('/session-device/refresh 503'), 'and so is the refresh')
  await redis.restart()
  await until('the store answers again', () => sessions.isHealthy())
  check((await see(tab)) === 'ann, bound', 'once the store is back, the session is bound as before')

  await until('30 seconds have passed', () => Date.now() > copiedAtMs + 31_000, 40_000)
  const other = await running.browser.newContext()
  await copyCookies(context, other, [name])
  const otherTab = await other.newPage()
  check((await see(otherTab)) === 'guest, missing', 'a copy of the session cookie alone opens nothing')

  check((await see(thiefTab)) === 'ann, bound', 'the copies of both cookies still work')
  await until('the copied bound cookie has ended', () => Date.now() > copiedAtMs + boundCookieMs, boundCookieMs)
  check((await see(thiefTab)).startsWith('guest, expired'), 'until the bound cookie ends, and not after')
  check((await see(tab)) === 'ann, bound', 'the browser itself goes on')

  await press(tab, 'sign-out')
  await see(tab)
  await until('the browser has been refused', () => called('/session-device/refresh 404'))
  check((await see(tab)) === 'guest, unbound', 'a sign-out ends it')
  const calls = endpointCalls.length
  await see(tab)
  check(endpointCalls.length === calls, 'and the browser has ended its part: it refreshes no more')
  say(`Every check passed. Endpoints: ${endpointCalls.join(', ')}.`)
  if (process.env['VERBOSE']) say(events.join('\n'))
} finally {
  await running.close()
  client.disconnect()
  await redis.stop()
  server.close()
  server.closeAllConnections()
}
