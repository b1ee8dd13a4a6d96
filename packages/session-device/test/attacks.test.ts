import type { webcrypto } from 'node:crypto'
import { asSessionId } from '@bext/session-core'
import { hashSessionId } from '@bext/session-core/store-helpers'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Browser } from './browser.js'
import { challengeOf, deviceKeyOf, generateKey, origin, type ProofParts, registrationOf, sign } from './browser.js'
import { afterRegistrationMs, type App, createApp, idOf, me, meWith, recordIdOf, signIn } from './app.js'
import { advance } from './helpers.js'

const register = '/session-device/register'
const refresh = '/session-device/refresh'

/** Signs in without a registration. Resolves to its challenge. */
async function unregistered(browser: Browser): Promise<string> {
  const offer = registrationOf(await browser.request('/sign-in', { method: 'POST' }))
  if (!offer) throw new Error('The response asks for no registration.')
  return offer.challenge
}

/** Resolves to a challenge that the server has just issued for the browser's session. */
async function freshChallenge(browser: Browser): Promise<string> {
  const { id } = browser.bound()
  const given = challengeOf(await browser.post(refresh, undefined, { 'sec-secure-session-id': id }))
  if (!given) throw new Error('The response has no challenge.')
  return given.challenge
}

function refreshWith(browser: Browser, proof: string, headers: Record<string, string> = {}): Promise<Response> {
  return browser.post(refresh, proof, { 'sec-secure-session-id': browser.bound().id, ...headers })
}

async function bound(): Promise<{ app: App; browser: Browser }> {
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  advance(afterRegistrationMs)
  return { app, browser }
}

function expectNothing(response: Response, status: number): void {
  expect(response.status).toBe(status)
  expect(response.headers.getSetCookie()).toEqual([])
}

test.each(['', '-guest'])(
  'the cookie of a bound session opens nothing under the name __Host-session%s',
  async (suffix) => {
    const { app, browser } = await bound()
    expect(await meWith(app, `__Host-session${suffix}=${idOf(browser)}`)).toEqual({ device: 'missing', visits: 0 })
  },
)

test('the cookie of a bound session opens nothing as a legacy cookie, as a token or by name', async () => {
  const { app, browser } = await bound()
  const id = idOf(browser)
  const legacy = createApp({ store: app.store, manager: { cookie: { legacy: { name: 'sid' } } } })
  expect(await meWith(legacy, `sid=${id}`)).toEqual({ device: 'missing', visits: 0 })
  expect((await app.sessions.openToken(`Bearer ${id}`)).userId).toBeUndefined()
  const byName = await app.sessions.openCookies({
    get: (name) => (name === '__Host-session' ? id : undefined),
    set: () => undefined,
  })
  expect([byName.userId, byName.device]).toEqual([undefined, 'missing'])
  expect(await app.sessions.read(`__Host-session=${id}`)).toBeUndefined()
  expect(await app.sessions.read(browser.cookieHeader())).toMatchObject({ userId: 'ann' })
  const { result } = await app.sessions.change(`__Host-session=${id}`, ({ userId }) => userId)
  expect(result).toBeUndefined()
})

test('the cookies by name include the bound cookie', async () => {
  const { app, browser } = await bound()
  const session = await app.sessions.openCookies({
    get: (name) => browser.cookies.get(name)?.value,
    set: () => undefined,
  })
  expect([session.userId, session.device]).toEqual(['ann', 'bound'])
})

test('the bound cookie of another session proves nothing', async () => {
  const { app, browser } = await bound()
  const thief = app.browser()
  await signIn(thief)
  const own = thief.cookies.get('__Host-session-bound')?.value
  expect(await meWith(app, `__Host-session=${idOf(browser)}; __Host-session-bound=${own}`)).toEqual({
    device: 'invalid',
    visits: 0,
  })
})

test('a bound cookie with a changed character, time or secret id proves nothing', async () => {
  const { app, browser } = await bound()
  const id = idOf(browser)
  const value = browser.cookies.get('__Host-session-bound')?.value ?? ''
  const [secretId, start, thumbprint, ends, bindingEnds, mac = ''] = value.split('.')
  const forged = [
    [secretId, start, thumbprint, `${ends}0`, bindingEnds, mac],
    [secretId, start, thumbprint, ends, bindingEnds, `${mac.slice(0, -1)}${mac.endsWith('A') ? 'E' : 'A'}`],
    ['k9', start, thumbprint, ends, bindingEnds, mac],
    [secretId, start, thumbprint, ends, mac],
    [secretId, hashSessionId('other').slice(0, 22), thumbprint, ends, bindingEnds, mac],
    ['x'.repeat(4000)],
    [''],
  ].map((fields) => fields.join('.'))
  for (const one of forged) {
    expect(await meWith(app, `__Host-session=${id}; __Host-session-bound=${one}`)).toMatchObject({ visits: 0 })
    expect((await meWith(app, `__Host-session=${id}; __Host-session-bound=${one}`)).userId).toBeUndefined()
  }
  expect(await meWith(app, `__Host-session=${id}; __Host-session-bound=${value}`)).toMatchObject({ userId: 'ann' })
})

test('a bound cookie that was verified before opens no ended or rotated session, and proves nothing once it has ended', async () => {
  const { app, browser } = await bound()
  const first = browser.cookieHeader()
  for (let request = 0; request < 3; request += 1) expect(await meWith(app, first)).toMatchObject({ device: 'bound' })
  expect(await meWith(app, `${first}A`)).toEqual({ device: 'invalid', visits: 0 })
  await browser.request('/rotate', { method: 'POST' })
  expect(await meWith(app, first)).toEqual({ device: 'unbound', visits: 0 })
  const second = browser.cookieHeader()
  for (let request = 0; request < 3; request += 1) expect(await meWith(app, second)).toMatchObject({ device: 'bound' })
  advance(10 * 60_000)
  expect(await meWith(app, second)).toEqual({ device: 'expired', visits: 0 })
  await me(browser)
  const third = browser.cookieHeader()
  for (let request = 0; request < 3; request += 1) expect(await meWith(app, third)).toMatchObject({ device: 'bound' })
  await app.sessions.endUserSessions('ann')
  expect(await meWith(app, third)).toEqual({ device: 'unbound', visits: 0 })
})

test('a challenge is no bound cookie, and a bound cookie is no challenge', async () => {
  const { app, browser } = await bound()
  const challenge = await freshChallenge(browser)
  expect(await meWith(app, `__Host-session=${idOf(browser)}; __Host-session-bound=${challenge}`)).toMatchObject({
    device: 'invalid',
  })
  const value = browser.cookies.get('__Host-session-bound')?.value ?? ''
  expectNothing(await refreshWith(browser, await sign(browser.bound().key, value, false)), 403)
})

test('another key does not refresh', async () => {
  const { browser } = await bound()
  expectNothing(await refreshWith(browser, await sign(await generateKey(), await freshChallenge(browser), false)), 400)
  expectNothing(
    await refreshWith(browser, await sign(await generateKey('RS256'), await freshChallenge(browser), false)),
    400,
  )
})

test('a key in the proof of a refresh is refused, also the registered one', async () => {
  const { browser } = await bound()
  expectNothing(await refreshWith(browser, await sign(browser.bound().key, await freshChallenge(browser), true)), 400)
  expectNothing(await refreshWith(browser, await sign(await generateKey(), await freshChallenge(browser), true)), 400)
})

test('the proof of another session does not refresh, nor does its challenge', async () => {
  const { app, browser } = await bound()
  const thief = app.browser()
  await signIn(thief)
  const proof = await sign(thief.bound().key, await freshChallenge(thief), false)
  expectNothing(await refreshWith(browser, proof), 400)
  expectNothing(await refreshWith(browser, await sign(browser.bound().key, await freshChallenge(thief), false)), 403)
  // With the victim's cookies and the thief's session identifier, no session is found.
  expectNothing(await browser.post(refresh, proof, { 'sec-secure-session-id': thief.bound().id }), 404)
})

test('a proof works once, also twice at the same time', async () => {
  const { browser } = await bound()
  const proof = await sign(browser.bound().key, await freshChallenge(browser), false)
  const answers = await Promise.all([refreshWith(browser, proof), refreshWith(browser, proof)])
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403])
  expectNothing(await refreshWith(browser, proof), 403)
})

test('an older challenge is refused after a later one was used', async () => {
  const { browser } = await bound()
  const older = await freshChallenge(browser)
  advance(1000)
  const later = await freshChallenge(browser)
  expect((await refreshWith(browser, await sign(browser.bound().key, later, false))).status).toBe(200)
  expectNothing(await refreshWith(browser, await sign(browser.bound().key, older, false)), 403)
})

test('a challenge ends 5 minutes after the bound cookie that came with it', async () => {
  const { browser } = await bound()
  const challenge = await freshChallenge(browser)
  advance(15 * 60_000 + 1000)
  expectNothing(await refreshWith(browser, await sign(browser.bound().key, challenge, false)), 403)
})

test.each([
  [0, 403],
  [1, 200],
])('%i ms before its end, a challenge is answered by %i', async (beforeMs, status) => {
  advance(0)
  const { browser } = await bound()
  const challenge = await freshChallenge(browser)
  advance(15 * 60_000 - beforeMs)
  expect((await refreshWith(browser, await sign(browser.bound().key, challenge, false))).status).toBe(status)
  const other = createApp().browser({ sendsDevice: false })
  const offered = await unregistered(other)
  advance(300_000 - beforeMs)
  expect((await other.post(register, await sign(await generateKey(), offered, true))).status).toBe(status)
})

test.each([
  ['https://www.example.test', 'https://www.example.test'],
  [undefined, origin],
])('a session of an app with two origins is that of the page with the origin %s', async (given, scope) => {
  const app = createApp({ device: { origins: [origin, 'https://www.example.test'] } })
  const browser = app.browser({ sendsDevice: false })
  const proof = await sign(await generateKey(), await unregistered(browser), true)
  const headers = { cookie: browser.cookieHeader(), 'sec-fetch-site': 'same-origin', 'secure-session-response': proof }
  const init = { method: 'POST', headers: { ...headers, ...(given !== undefined && { origin: given }) } }
  const answer = await app.fetch(new Request(`${origin}${register}`, init))
  expect(await answer.json()).toMatchObject({ scope: { origin: scope } })
})

test('an empty proof is none, so the refresh is answered by a challenge', async () => {
  const { browser } = await bound()
  const answer = await refreshWith(browser, '')
  expect([answer.status, challengeOf(answer)?.id]).toEqual([403, browser.bound().id])
})

test('requests with another method or from another site are reported', async () => {
  const app = createApp()
  const get = await app.fetch(new Request(`${origin}${refresh}`, { headers: { origin } }))
  expect([get.status, get.headers.get('Allow')]).toEqual([405, 'POST'])
  expect(get.headers.get('Cache-Control')).toBe('no-store')
  const headers = { origin: 'https://evil.example' }
  expect((await app.fetch(new Request(`${origin}${register}`, { method: 'POST', headers }))).status).toBe(403)
  expect(app.rejections).toEqual([
    { phase: 'refresh', reason: 'method' },
    { phase: 'registration', reason: 'origin' },
  ])
})

test('a registration challenge ends after 5 minutes, and is none for a refresh', async () => {
  const browser = createApp().browser({ sendsDevice: false })
  const challenge = await unregistered(browser)
  const key = await generateKey()
  advance(300_000)
  expectNothing(await browser.post(register, await sign(key, challenge, true)), 403)
  const other = (await bound()).browser
  const offered = await unregistered(createApp().browser({ sendsDevice: false }))
  expectNothing(await refreshWith(other, await sign(other.bound().key, offered, false)), 403)
})

test('a refresh challenge registers nothing', async () => {
  const { browser } = await bound()
  expectNothing(await browser.post(register, await sign(await generateKey(), await freshChallenge(browser), true)), 403)
})

test('a session is registered once: another key is refused, and the same one proves nothing again', async () => {
  const app = createApp()
  const browser = app.browser({ sendsDevice: false })
  const challenge = await unregistered(browser)
  const key = await generateKey()
  const proof = await sign(key, challenge, true)
  expect((await browser.post(register, proof)).headers.getSetCookie()).toHaveLength(1)
  expectNothing(await browser.post(register, await sign(await generateKey(), challenge, true)), 403)
  expectNothing(await browser.post(register, proof), 200)
})

test('the registration challenge of another session is refused', async () => {
  const app = createApp()
  const [browser, thief] = [app.browser({ sendsDevice: false }), app.browser({ sendsDevice: false })]
  const challenge = await unregistered(thief)
  await unregistered(browser)
  expectNothing(await browser.post(register, await sign(await generateKey(), challenge, true)), 403)
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'unbound' })
})

test('a registration without a session is refused', async () => {
  const app = createApp()
  const browser = app.browser({ sendsDevice: false })
  const challenge = await unregistered(browser)
  browser.cookies.clear()
  expectNothing(await browser.post(register, await sign(await generateKey(), challenge, true)), 403)
})

const forgeries: Readonly<Record<string, ProofParts>> = {
  'of another type': { header: { typ: 'JWT' } },
  'without a type': { header: { typ: undefined } },
  'with alg none': { header: { alg: 'none' } },
  'with alg HS256': { header: { alg: 'HS256' } },
  'with alg ES384': { header: { alg: 'ES384' } },
  'with alg RS256 for a key of ES256': { header: { alg: 'RS256' } },
  'without a challenge': { payload: { jti: undefined } },
  'with a challenge that is no text': { payload: { jti: 1 } },
  'with a critical header': { header: { crit: ['x'], x: 1 } },
  'that is no longer valid': { payload: { exp: 1 } },
}

test.each(Object.keys(forgeries))('a proof %s is refused', async (which) => {
  const { browser } = await bound()
  const parts = forgeries[which]
  expectNothing(
    await refreshWith(browser, await sign(browser.bound().key, await freshChallenge(browser), false, parts)),
    400,
  )
  const fresh = createApp().browser({ sendsDevice: false })
  const challenge = await unregistered(fresh)
  expectNothing(await fresh.post(register, await sign(await generateKey(), challenge, true, parts)), 400)
  expect(await me(fresh)).toMatchObject({ device: 'unbound' })
})

test('an unsigned proof, and one that is signed with the public key as a secret, are refused', async () => {
  const { browser } = await bound()
  const challenge = await freshChallenge(browser)
  const none = [{ alg: 'none', typ: 'dbsc+jwt' }, { jti: challenge }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  expectNothing(await refreshWith(browser, `${none}.`), 400)
  const spki = await crypto.subtle.exportKey('spki', browser.bound().key.pair.publicKey)
  const hmac = await new SignJWT({ jti: challenge })
    .setProtectedHeader({ alg: 'HS256', typ: 'dbsc+jwt' })
    .sign(new Uint8Array(spki))
  expectNothing(await refreshWith(browser, hmac), 400)
})

async function exported(alg: 'ES256' | 'RS256'): Promise<Record<string, unknown>> {
  const { pair } = await generateKey(alg)
  return { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)) }
}

test('a key with a private member, of another kind or of a weak size is refused', async () => {
  const ec = await exported('ES256')
  const rsa = await exported('RS256')
  const { d: _, ...publicEc } = ec
  const keys: unknown[] = [
    ec,
    { ...publicEc, k: 'AAAA' },
    { kty: 'RSA', n: rsa['n'], e: rsa['e'] },
    { kty: 'RSA', n: String(rsa['n']).slice(0, 171), e: rsa['e'] },
    { kty: 'RSA', n: rsa['n'], e: 'Aw' },
    { kty: 'oct', k: 'AAAA' },
    { ...publicEc, crv: 'P-384' },
    { ...publicEc, y: ec['x'] },
    'text',
    null,
    undefined,
  ]
  for (const jwk of keys) {
    const browser = createApp().browser({ sendsDevice: false })
    const challenge = await unregistered(browser)
    const proof = await sign(await generateKey(), challenge, true, { header: { jwk } })
    expectNothing(await browser.post(register, proof), 400)
  }
})

test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
  'a key with the private member %s is refused',
  async (member) => {
    const browser = createApp().browser({ sendsDevice: false })
    const key = await generateKey()
    const jwk = { ...(await crypto.subtle.exportKey('jwk', key.pair.publicKey)), [member]: 'AAAA' }
    expectNothing(
      await browser.post(register, await sign(key, await unregistered(browser), true, { header: { jwk } })),
      400,
    )
  },
)

test('a bound cookie proves nothing from the millisecond of its end, and a later one beside it does', async () => {
  advance(0)
  const app = createApp()
  const browser = app.browser()
  await signIn(browser)
  const main = `__Host-session=${idOf(browser)}`
  const first = `__Host-session-bound=${browser.cookies.get('__Host-session-bound')?.value}`
  advance(29_999)
  expect(await meWith(app, main)).toMatchObject({ device: 'registering' })
  advance(1)
  expect(await meWith(app, main)).toMatchObject({ device: 'missing' })
  browser.dropBoundCookie()
  await me(browser)
  const second = `__Host-session-bound=${browser.cookies.get('__Host-session-bound')?.value}`
  advance(569_999)
  expect(await meWith(app, `${main}; ${first}`)).toMatchObject({ device: 'bound' })
  advance(1)
  expect(await meWith(app, `${main}; ${first}`)).toMatchObject({ device: 'expired' })
  expect(await meWith(app, `${main}; ${first}; ${second}`)).toMatchObject({ device: 'bound' })
  expect(await meWith(app, `${main}; ${second}; ${first}`)).toMatchObject({ device: 'bound' })
})

test('a private RSA key is refused', async () => {
  const browser = createApp().browser({ sendsDevice: false })
  const key = await generateKey('RS256')
  const jwk = await crypto.subtle.exportKey('jwk', key.pair.privateKey)
  expectNothing(
    await browser.post(register, await sign(key, await unregistered(browser), true, { header: { jwk } })),
    400,
  )
})

test.each([
  [1024, 400],
  [4096, 200],
  [4104, 400],
])('an RSA key of %i bits is answered by %i', async (modulusLength, status) => {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength } as const
  const pair = await crypto.subtle.generateKey({ ...algorithm, publicExponent: new Uint8Array([1, 0, 1]) }, true, [
    'sign',
    'verify',
  ])
  const browser = createApp().browser({ sendsDevice: false })
  const proof = await sign(await deviceKeyOf('RS256', pair), await unregistered(browser), true)
  expect((await browser.post(register, proof)).status).toBe(status)
})

async function registerSigned(
  algorithm: webcrypto.RsaHashedKeyGenParams | { name: 'Ed25519' },
  alg: string,
  jwkOf: (jwk: webcrypto.JsonWebKey) => object,
): Promise<number> {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const browser = createApp().browser({ sendsDevice: false })
  const proof = await new SignJWT({ jti: await unregistered(browser) })
    .setProtectedHeader({ alg, typ: 'dbsc+jwt', jwk: jwkOf(await crypto.subtle.exportKey('jwk', publicKey)) })
    .sign(privateKey)
  return (await browser.post(register, proof)).status
}

function rsaJwk({ kty, n, e }: webcrypto.JsonWebKey): object {
  return { kty, n, e }
}

test('a genuine proof of another algorithm or exponent is refused, also if its key looks like one of ES256', async () => {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  expect(await registerSigned({ ...rsa, hash: 'SHA-256' }, 'RS256', rsaJwk)).toBe(200)
  expect(await registerSigned({ ...rsa, hash: 'SHA-384' }, 'RS384', rsaJwk)).toBe(400)
  const small = { ...rsa, hash: 'SHA-256', publicExponent: new Uint8Array([3]) }
  expect(await registerSigned(small, 'RS256', rsaJwk)).toBe(400)
  expect(
    await registerSigned({ name: 'Ed25519' }, 'EdDSA', ({ kty, crv, x }) => ({ kty, crv, x, y: x, n: x, e: x })),
  ).toBe(400)
})

test.each(['x', 'y', 'n'])('a key whose member %s is written in another way is refused', async (member) => {
  const key = await generateKey(member === 'n' ? 'RS256' : 'ES256')
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', key.pair.publicKey)
  const jwk = member === 'n' ? { kty, n, e } : { kty, crv, x, y }
  const text = String((jwk as Record<string, unknown>)[member])
  for (const other of [`${text}=`, `=${text}`, [text]]) {
    const browser = createApp().browser({ sendsDevice: false })
    const header = { jwk: { ...jwk, [member]: other } }
    expectNothing(await browser.post(register, await sign(key, await unregistered(browser), true, { header })), 400)
  }
})

test('a quoted proof and a quoted session identifier may have parameters', async () => {
  const { browser } = await bound()
  const { key, id } = browser.bound()
  const proof = await sign(key, await freshChallenge(browser), false)
  const answer = await browser.post(refresh, `"${proof}";a=1`, { 'sec-secure-session-id': `"${id}";a=1` })
  expect(answer.status).toBe(200)
})

test('a session identifier that is no text finds no session', async () => {
  const { browser } = await bound()
  for (const identifier of ['"unterminated', '']) {
    expectNothing(await browser.post(refresh, undefined, { 'sec-secure-session-id': identifier }), 404)
  }
})

test('of two bound cookies the one that is genuine counts, and the other one proves nothing afterwards', async () => {
  const { app, browser } = await bound()
  const [main, genuine] = browser.cookieHeader().split('; ')
  const forged = '__Host-session-bound=forged'
  expect(await meWith(app, `${main}; ${forged}; ${genuine}`)).toMatchObject({ userId: 'ann', device: 'bound' })
  expect(await meWith(app, `${main}; ${forged}`)).toEqual({ device: 'invalid', visits: 0 })
  expect(await meWith(app, `${main}; ${forged}; ${forged}2`)).toEqual({ device: 'invalid', visits: 0 })
})

test.each(['cross-site', 'same-site', 'none'])(
  'a request from a page with Sec-Fetch-Site %s is refused',
  async (site) => {
    const { app, browser } = await bound()
    const proof = await sign(browser.bound().key, await freshChallenge(browser), false)
    expectNothing(await refreshWith(browser, proof, { 'sec-fetch-site': site }), 403)
    const fresh = app.browser({ sendsDevice: false })
    const challenge = await unregistered(fresh)
    const registration = await sign(await generateKey(), challenge, true)
    expectNothing(await fresh.post(register, registration, { 'sec-fetch-site': site }), 403)
  },
)

test('a request of another origin, or of none, is refused', async () => {
  const { app, browser } = await bound()
  const { key, id } = browser.bound()
  const proof = await sign(key, await freshChallenge(browser), false)
  expectNothing(await refreshWith(browser, proof, { origin: 'https://evil.example' }), 403)
  const headers = { cookie: browser.cookieHeader(), 'secure-session-response': proof, 'sec-secure-session-id': id }
  expectNothing(await app.fetch(new Request(`${origin}${refresh}`, { method: 'POST', headers })), 403)
  expect((await refreshWith(browser, proof)).status).toBe(200)
})

test('a GET changes nothing', async () => {
  const { app, browser } = await bound()
  const answer = await app.fetch(
    new Request(`${origin}${refresh}`, { headers: { cookie: browser.cookieHeader(), origin } }),
  )
  expectNothing(answer, 405)
})

test.each([
  ['oversized', `${'a'.repeat(2000)}.${'b'.repeat(2000)}.${'c'.repeat(2000)}`],
  ['oversized', 'a'.repeat(4097)],
  ['malformed', 'a'.repeat(4096)],
  ['malformed', 'no JWT'],
  ['malformed', '1'],
  ['malformed', '.a.b.c'],
  ['malformed', 'a.b.c.'],
  ['malformed', '"unterminated'],
  ['malformed', '"a.b"'],
  ['proof', 'a.b.c'],
  ['proof', `${Buffer.from('[]').toString('base64url')}.e30.AA`],
])('a proof that is %s is refused', async (reason, proof) => {
  const { app, browser } = await bound()
  app.rejections.length = 0
  expectNothing(await refreshWith(browser, proof), 400)
  expectNothing(await browser.post(register, proof), 400)
  expect(app.rejections).toEqual([
    { phase: 'refresh', reason },
    { phase: 'registration', reason },
  ])
})

test('the id of the record of a binding opens nothing, and ends nothing', async () => {
  const { app, browser } = await bound()
  const recordId = recordIdOf(idOf(browser))
  expect(await app.store.read(asSessionId(recordId))).toMatchObject({ userId: undefined })
  for (const path of ['/', '/sign-out', '/sign-in', '/rotate', '/visit']) {
    const method = path === '/' ? 'GET' : 'POST'
    const cookie = `__Host-session=${recordId}; __Host-session-guest=${recordId}`
    await app.fetch(new Request(`${origin}${path}`, { method, headers: { cookie } }))
  }
  browser.dropBoundCookie()
  expect(await meWith(app, browser.cookieHeader())).toEqual({ device: 'missing', visits: 0 })
  expect(await me(browser)).toMatchObject({ userId: 'ann', device: 'bound' })
  // Nor does a server that does not use the option yet.
  const former = createApp({ store: app.store })
  expect(await meWith(former, `__Host-session=${recordId}`)).toMatchObject({ visits: 0 })
})

test('a rotation does not prolong the bound cookie', async () => {
  const { app, browser } = await bound()
  advance(9 * 60_000)
  const thief = app.browser({ sendsDevice: false })
  for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie)
  await thief.request('/rotate', { method: 'POST' })
  expect(await me(thief)).toMatchObject({ userId: 'ann', device: 'bound' })
  advance(60_000)
  expect(
    await meWith(
      app,
      `__Host-session=${idOf(thief)}; __Host-session-bound=${thief.cookies.get('__Host-session-bound')?.value}`,
    ),
  ).toMatchObject({ visits: 0 })
  expect(await me(thief)).toMatchObject({ device: 'missing' })
})

test('a request that does not prove the device does not extend the session', async () => {
  const { app, browser } = await bound()
  const id = asSessionId(idOf(browser))
  const { expiresAtMs } = await app.store.read(id)
  advance(10 * 60_000)
  for (const whenUnproven of ['guest', 'readOnly'] as const) {
    const other = createApp({ store: app.store, device: { whenUnproven } })
    await meWith(other, `__Host-session=${id}`)
    expect((await app.store.read(id)).expiresAtMs).toBe(expiresAtMs)
  }
  await me(browser)
  expect((await app.store.read(id)).expiresAtMs).toBeGreaterThan(expiresAtMs)
})

describe('two session cookies of one name, of which the first is refused', () => {
  test('the session of the second is bound, and keeps its bound cookie', async () => {
    const app = createApp()
    const [first, second] = [app.browser(), app.browser()]
    await signIn(first)
    await signIn(second)
    advance(afterRegistrationMs)
    const cookie = `__Host-session=${idOf(first)}; ${second.cookieHeader()}`
    const answer = await app.fetch(new Request(`${origin}/`, { headers: { cookie } }))
    expect(await answer.json()).toEqual({ userId: 'ann', device: 'bound', visits: 0 })
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test('the session of the second is unbound if it was never bound, and that of a guest says why', async () => {
    const app = createApp()
    const [first, second, guest] = [app.browser(), app.browser({ sendsDevice: false }), app.browser()]
    await signIn(first)
    await second.request('/sign-in', { method: 'POST' })
    await guest.request('/visit', { method: 'POST' })
    advance(afterRegistrationMs)
    const refused = `__Host-session=${idOf(first)}`
    const signedIn = await meWith(app, `${refused}; ${second.cookieHeader()}`)
    expect(signedIn).toEqual({ userId: 'ann', device: 'unbound', visits: 0 })
    expect(await meWith(app, `${refused}; ${guest.cookieHeader()}`)).toEqual({ device: 'missing', visits: 1 })
  })
})
