// Uses web APIs only, because it also runs on the edge.
import type { webcrypto } from 'node:crypto'
import { base64url } from 'jose'
import { parseItem, parseList, serializeItem } from 'structured-headers'
import { parseSetCookie } from 'cookie'

/** A request handler of the app under test. */
export type Fetch = (request: Request) => Promise<Response>

interface DeviceKey {
  readonly alg: 'ES256' | 'RS256'
  readonly pair: webcrypto.CryptoKeyPair
  /** The public key, as a proof contains it. */
  readonly jwk: object
}

interface BoundSession {
  readonly id: string
  readonly refreshUrl: string
  readonly cookieName: string
  readonly key: DeviceKey
  challenge: string | undefined
}

export const origin = 'https://app.example.test'

const maxChallenges = 4
const proactiveMs = 120_000
const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const

export async function deviceKeyOf(alg: DeviceKey['alg'], pair: webcrypto.CryptoKeyPair): Promise<DeviceKey> {
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { alg, pair, jwk: alg === 'ES256' ? { kty, crv, x, y } : { kty, n, e } }
}

export async function generateKey(alg: DeviceKey['alg'] = 'ES256'): Promise<DeviceKey> {
  return deviceKeyOf(alg, await crypto.subtle.generateKey(algorithms[alg], true, ['sign', 'verify']))
}

export interface ProofParts {
  readonly header?: Readonly<Record<string, unknown>>
  readonly payload?: Readonly<Record<string, unknown>>
}

/** Signs a proof as Chromium does. The parts are added, so that a test can forge one. */
export async function sign(
  { alg, pair, jwk }: DeviceKey,
  challenge: string,
  withJwk: boolean,
  parts: ProofParts = {},
): Promise<string> {
  const header = { alg, typ: 'dbsc+jwt', ...(withJwk && { jwk }), ...parts.header }
  const text = [header, { jti: challenge, ...parts.payload }]
    .map((part) => base64url.encode(JSON.stringify(part)))
    .join('.')
  const signature = await crypto.subtle.sign(algorithms[alg], pair.privateKey, new TextEncoder().encode(text))
  return `${text}.${base64url.encode(new Uint8Array(signature))}`
}

export interface Registration {
  readonly path: string
  readonly challenge: string
}

export function registrationOf(response: Response): Registration | undefined {
  const header = response.headers.get('Secure-Session-Registration')
  if (header === null) return undefined
  const parameters = parseList(header)[0]?.[1]
  return { path: String(parameters?.get('path')), challenge: String(parameters?.get('challenge')) }
}

export function challengeOf(response: Response): { challenge: string; id: string } | undefined {
  const header = response.headers.get('Secure-Session-Challenge')
  if (header === null) return undefined
  const [challenge, parameters] = parseItem(header)
  return { challenge: String(challenge), id: String(parameters.get('id')) }
}

export interface BrowserOptions {
  readonly alg?: DeviceKey['alg']
  /** The key that each registration uses. Default: a new one. */
  readonly key?: DeviceKey
  /** Sends proofs as the quoted strings of the draft. */
  readonly quoted?: boolean
  /** False: a browser without device-bound sessions. */
  readonly sendsDevice?: boolean
}

/**
 * A browser that behaves as Chromium 156 does: it registers beside the page's requests, uses a kept challenge again, holds
 * requests while it refreshes, signs at most four challenges in one refresh, and deletes its session when it is refused.
 */
export function createBrowser(
  fetch: Fetch,
  { alg = 'ES256', key: ownKey, quoted = false, sendsDevice = true }: BrowserOptions = {},
) {
  const cookies = new Map<string, { value: string; expiresAtMs: number }>()
  const sessions = new Map<string, BoundSession>()
  const events: string[] = []
  let refreshing: Promise<string | undefined> | undefined
  let registering: Promise<void> = Promise.resolve()
  /** Proofs in the order in which they were sent. */
  const proofs: string[] = []

  function cookieHeader(): string {
    const nowMs = Date.now()
    for (const [name, { expiresAtMs }] of cookies) if (expiresAtMs <= nowMs) cookies.delete(name)
    return Array.from(cookies, ([name, { value }]) => `${name}=${value}`).join('; ')
  }

  function take(response: Response): void {
    for (const { name, value = '', maxAge } of response.headers.getSetCookie().map((one) => parseSetCookie(one))) {
      if (maxAge === 0) cookies.delete(name)
      else cookies.set(name, { value, expiresAtMs: Date.now() + (maxAge ?? 3600) * 1000 })
    }
    const given = challengeOf(response)
    const session = given && sessions.get(given.id)
    if (given && session) session.challenge = given.challenge
  }

  async function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Response> {
    const cookie = cookieHeader()
    const init = {
      method,
      headers: { ...headers, ...(cookie !== '' && { cookie }) },
      ...(body !== undefined && { body }),
    }
    const response = await fetch(new Request(new URL(path, origin), init))
    take(response)
    return response
  }

  function post(path: string, proof: string | undefined, headers: Record<string, string> = {}): Promise<Response> {
    if (proof !== undefined) proofs.push(proof)
    const text = proof !== undefined && quoted ? serializeItem(proof) : proof
    const fetchMetadata = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }
    return send('POST', path, {
      origin,
      ...fetchMetadata,
      ...(text !== undefined && { 'secure-session-response': text }),
      ...headers,
    })
  }

  async function register({ path, challenge }: Registration): Promise<void> {
    const key = ownKey ?? (await generateKey(alg))
    const response = await post(path, await sign(key, challenge, true))
    if (response.status !== 200) {
      events.push(`registration refused: ${response.status}`)
      return
    }
    const {
      session_identifier: id,
      refresh_url: refreshUrl,
      credentials,
    } = (await response.json()) as {
      session_identifier: string
      refresh_url: string
      credentials: [{ name: string }]
    }
    sessions.set(id, {
      id,
      refreshUrl,
      cookieName: credentials[0].name,
      key,
      challenge: challengeOf(response)?.challenge,
    })
    events.push('registered')
  }

  /** Resolves to the reason why the session could not be refreshed, if it could not. */
  async function refresh(session: BoundSession): Promise<string | undefined> {
    const headers = { 'sec-secure-session-id': session.id }
    let signed = 0
    for (;;) {
      let proof: string | undefined
      if (session.challenge !== undefined) {
        if (signed === maxChallenges) {
          events.push('too many challenges')
          sessions.delete(session.id)
          return undefined
        }
        signed += 1
        proof = await sign(session.key, session.challenge, false)
      }
      let response: Response
      try {
        response = await post(session.refreshUrl, proof, headers)
      } catch {
        return 'unreachable'
      }
      if (response.status === 403 && response.headers.has('Secure-Session-Challenge')) {
        events.push('challenged')
        session.challenge = challengeOf(response)?.challenge
      } else if (response.status === 200) {
        events.push('refreshed')
        return undefined
      } else if (response.status >= 500) {
        events.push(`refresh failed: ${response.status}`)
        return 'server_error'
      } else {
        events.push(`refresh refused: ${response.status}`)
        sessions.delete(session.id)
        return undefined
      }
    }
  }

  async function refreshIfNeeded(): Promise<string | undefined> {
    cookieHeader()
    for (const session of sessions.values()) {
      const cookie = cookies.get(session.cookieName)
      if (!cookie) {
        refreshing ??= refresh(session).finally(() => (refreshing = undefined))
        const reason = await refreshing
        if (reason !== undefined) return `${reason};session_identifier="${session.id}"`
      } else if (cookie.expiresAtMs < Date.now() + proactiveMs) {
        refreshing ??= refresh(session).finally(() => (refreshing = undefined))
      }
    }
    return undefined
  }

  return {
    cookies,
    sessions,
    events,
    proofs,
    cookieHeader,
    /** Sends a request at once, as a page does that was there before the browser had to refresh. */
    send,
    /** Sends a request of a page. Starts a registration beside it, and does not wait for it. */
    async request(path: string, { method = 'GET', body }: { method?: string; body?: string } = {}): Promise<Response> {
      const skipped = sendsDevice ? await refreshIfNeeded() : undefined
      const response = await send(
        method,
        path,
        skipped === undefined ? {} : { 'secure-session-skipped': skipped },
        body,
      )
      const registration = registrationOf(response)
      if (registration && sendsDevice) registering = registering.then(() => register(registration))
      return response
    },
    /** Resolves once the registrations and refreshes that are under way have ended. */
    async settled(): Promise<void> {
      await registering
      await refreshing
    },
    /** Sends a request to an endpoint, for attacks. */
    post,
    /** Ends the time of the bound cookie in the browser. */
    dropBoundCookie(): void {
      cookies.delete('__Host-session-bound')
    },
    /** Behaves as after a restart: keys and sessions are there, challenges are not. */
    restart(): void {
      for (const session of sessions.values()) session.challenge = undefined
    },
    /** Returns the only session. */
    bound(): BoundSession {
      const [session] = sessions.values()
      if (!session) throw new Error('The browser has no bound session.')
      return session
    },
  }
}

export type Browser = ReturnType<typeof createBrowser>
