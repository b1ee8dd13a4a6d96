import type { DeviceRequest, DeviceSession } from '@bext/session-core/manager'
import type { Challenges } from '../challenges.js'
import type { Connection } from '../check.js'
import { challengeHeader, headerNames, proofOf } from '../headers.js'
import type { DeviceRejectionReason } from '../options.js'
import { maxProofLength } from '../proof.js'
import type { Binding, StoredBinding } from '../record.js'
import { bindingTtlMs, readBinding } from '../record.js'

/** Connection with the challenges, which both endpoints need. */
export interface Endpoint extends Connection {
  readonly challenges: Challenges
}

/** A refusal, thrown by an endpoint. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: DeviceRejectionReason
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    reason: DeviceRejectionReason,
    { headers = {}, cause }: { headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(`The request was refused: ${reason}.`, { cause })
    this.status = status
    this.reason = reason
    this.headers = headers
  }
}

/** A session that a cookie of the request names, and its binding. */
export interface Candidate {
  readonly handle: string
  readonly session: DeviceSession | undefined
  readonly binding: StoredBinding | undefined
}

/** Resolves to the sessions of the request's cookies. Reads all of them and their bindings in one tick. */
export function readCandidates({ host, store }: Connection, { headers }: DeviceRequest): Promise<readonly Candidate[]> {
  const ids = host.readIds(headers.get('cookie') ?? '')
  return Promise.all(
    ids.map(async (id) => {
      const handle = host.handleOf(id)
      const [session, binding] = await Promise.all([host.readSession(id), readBinding(store, handle)])
      return { handle, session, binding }
    }),
  )
}

/** Throws unless the request is a POST of the app's own pages. Returns the origin. */
export function checkOrigin({ options }: Connection, { method, headers }: DeviceRequest): string {
  if (method !== 'POST') throw new Refusal(405, 'method', { headers: { Allow: 'POST' } })
  const origin = headers.get('origin')
  const site = headers.get('sec-fetch-site')
  const isOwnOrigin = origin === null || options.origins.includes(origin)
  if (!isOwnOrigin || (site !== null && site !== 'same-origin') || (origin === null && site === null)) {
    throw new Refusal(403, 'origin')
  }
  return origin ?? options.origins[0]
}

/** Returns the proof of the request, or undefined if it has none. */
export function readProof({ headers }: DeviceRequest): string | undefined {
  const value = headers.get(headerNames.proof)
  if (value === null || value === '') return undefined
  if (value.length > maxProofLength) throw new Refusal(400, 'oversized')
  const proof = proofOf(value)
  if (proof === undefined) throw new Refusal(400, 'malformed')
  return proof
}

/** Runs the verification of a proof, and throws a refusal if it rejects. */
export async function verified<T>(proof: Promise<T>): Promise<T> {
  try {
    return await proof
  } catch (cause) {
    throw new Refusal(400, 'proof', { cause })
  }
}

/** Describes the session to the browser. */
function instructions({ host, options }: Connection, { thumbprint }: Binding, origin: string): string {
  return JSON.stringify({
    session_identifier: thumbprint,
    refresh_url: `${options.path}/refresh`,
    scope: { origin, include_site: false },
    credentials: [{ type: 'cookie', name: host.boundCookie.name, attributes: host.boundCookie.attributes }],
  })
}

export interface Acceptance {
  readonly session: DeviceSession
  readonly binding: Binding
  readonly origin: string
  readonly nowMs: number
  /** False: the response describes the session, but proves nothing. */
  readonly isProven: boolean
}

/** Creates the answer to an accepted proof: the bound cookie, and the challenge of the next refresh. */
export function accept(endpoint: Endpoint, { session, binding, origin, nowMs, isProven }: Acceptance): Response {
  const { host, options, cookies, challenges } = endpoint
  const { handle, absoluteExpiresAtMs } = session
  const { thumbprint, challengedAtMs } = binding
  const headers = new Headers({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  const challenge = challenges.issue('refresh', handle, nowMs, challengedAtMs + 1)
  headers.set(headerNames.challenge, challengeHeader(challenge, thumbprint))
  if (isProven) {
    const endsAtMs = nowMs + options.boundCookieMs
    const bindingExpiresAtMs = nowMs + bindingTtlMs(absoluteExpiresAtMs - nowMs)
    const cookie = cookies.issue({ handle, thumbprint, endsAtMs, bindingExpiresAtMs }, nowMs)
    headers.append('Set-Cookie', host.boundCookie.header(cookie))
  }
  return new Response(instructions(endpoint, binding, origin), { headers })
}
