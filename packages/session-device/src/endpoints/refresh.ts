import type { DeviceRequest, DeviceSession } from '@bext/session-core/manager'
import type { Connection } from '../connection.js'
import { challengeHeader, headerNames, sessionIdentifierOf } from '../headers.js'
import { verifyRefresh } from '../proof.js'
import type { StoredBinding } from '../record.js'
import { bindingTtlMs, replaceBinding, touchBinding } from '../record.js'
import { accept } from './accept.js'
import { checkOrigin, readCandidates, readProof, verified } from './read-request.js'
import { Refusal } from './refusal.js'

// An ended session is refused so that the browser ends it, too.
const ended = 404
// A browser keeps its session, and tries again.
const later = 503
const touchToleranceMs = 60_000

interface Found {
  readonly session: DeviceSession
  readonly binding: StoredBinding
}

/** Resolves to the session that is bound to the browser's key. Rejects with a refusal if there is none. */
async function findSession(connection: Connection, request: DeviceRequest): Promise<Found> {
  const identifier = sessionIdentifierOf(request.headers.get(headerNames.sessionId) ?? '')
  const candidates = await readCandidates(connection, request)
  const own = candidates.flatMap(({ session, binding }) =>
    binding?.thumbprint === identifier ? [{ session, binding }] : [],
  )
  for (const { session, binding } of own) if (session && !session.isReplaced) return { session, binding }
  const isMoved = own.some(({ session, binding }) => session?.isReplaced === true || binding.state === 'moved')
  if (isMoved) throw new Refusal(later, 'moved')
  throw new Refusal(ended, 'session')
}

/** Creates the refusal with which a browser gets a challenge to sign. */
function newChallenge({ challenges }: Connection, { session, binding }: Found, nowMs: number): Refusal {
  const challenge = challenges.issue('refresh', session.handle, nowMs, binding.challengedAtMs + 1)
  return new Refusal(403, 'challenge', {
    headers: { [headerNames.challenge]: challengeHeader(challenge, binding.thumbprint) },
  })
}

/** Answers a proof of the registered key with a new bound cookie. Rejects with a refusal. */
export async function refresh(connection: Connection, request: DeviceRequest): Promise<Response> {
  const { host, store, challenges } = connection
  const origin = checkOrigin(connection, request)
  const proof = readProof(request)
  const found = await findSession(connection, request)
  const { session, binding } = found
  const { handle, absoluteExpiresAtMs } = session
  const nowMs = await host.nowMs()
  if (proof === undefined) throw newChallenge(connection, found, nowMs)
  const challenge = await verified(verifyRefresh(proof, binding))
  const challengedAtMs = challenges.issuedAtMs('refresh', challenge, handle, nowMs)
  if (challengedAtMs === undefined || challengedAtMs <= binding.challengedAtMs) {
    throw newChallenge(connection, found, nowMs)
  }
  const refreshed = { ...binding, challengedAtMs }
  // Of two requests with one proof, the second one finds the record changed.
  const outcome = await replaceBinding(store, handle, binding.dataJson, refreshed)
  if (outcome === 'gone') throw new Refusal(ended, 'session')
  if (outcome === 'changed') throw newChallenge(connection, { session, binding: refreshed }, nowMs)
  const ttlMs = bindingTtlMs(absoluteExpiresAtMs - nowMs)
  // Only if the timeouts were made longer since the registration.
  if (binding.expiresAtMs < nowMs + ttlMs - touchToleranceMs) await touchBinding(store, handle, ttlMs)
  return accept(connection, { session, binding: refreshed, origin, nowMs, isProven: true })
}
