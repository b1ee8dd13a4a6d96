import type { DeviceRequest, DeviceSession } from '@bext/session-core/manager'
import type { Binding } from '../record.js'
import { bindingTtlMs, createBinding, deleteBinding, readBinding, replaceBinding, textOf } from '../record.js'
import { verifyRegistration } from '../proof.js'
import type { Endpoint } from './endpoint.js'
import { accept, checkOrigin, readCandidates, readProof, Refusal, verified } from './endpoint.js'

interface Found {
  readonly session: DeviceSession
  readonly challengedAtMs: number
}

/** Returns the session that the challenge was issued for. */
async function findSession(
  endpoint: Endpoint,
  request: DeviceRequest,
  challenge: string,
  nowMs: number,
): Promise<Found> {
  const live = (await readCandidates(endpoint, request)).flatMap(({ session }) => (session ? [session] : []))
  if (live.length === 0) throw new Refusal(403, 'session')
  for (const session of live) {
    const { handle, isReplaced, userId } = session
    const challengedAtMs = endpoint.challenges.issuedAtMs('registration', challenge, handle, nowMs)
    if (challengedAtMs !== undefined && !isReplaced && userId !== undefined) return { session, challengedAtMs }
  }
  throw new Refusal(403, 'challenge')
}

/** Returns true if the session is live, and not rotated meanwhile. */
async function isStillLive(endpoint: Endpoint, request: DeviceRequest, { handle }: DeviceSession): Promise<boolean> {
  const candidates = await readCandidates(endpoint, request)
  return candidates.some(({ session }) => session?.handle === handle && !session.isReplaced)
}

/**
 * Revokes a binding whose session ended while it was registered. A rotation that ended it may have moved the binding first:
 * then the registration is valid, under the new id.
 */
async function revoke({ store }: Endpoint, handle: string, binding: Binding): Promise<void> {
  const outcome = await replaceBinding(store, handle, textOf(binding), { ...binding, state: 'revoked' })
  if (outcome === 'changed') return
  await deleteBinding(store, handle)
  throw new Refusal(403, 'session')
}

/** Binds the session of a request to the key of the browser, once. */
export async function register(endpoint: Endpoint, request: DeviceRequest): Promise<Response> {
  const { host, store } = endpoint
  const origin = checkOrigin(endpoint, request)
  const proof = readProof(request)
  if (proof === undefined) throw new Refusal(400, 'malformed')
  const { key, challenge } = await verified(verifyRegistration(proof))
  const nowMs = await host.nowMs()
  const { session, challengedAtMs } = await findSession(endpoint, request, challenge, nowMs)
  const { handle, absoluteExpiresAtMs } = session
  const binding: Binding = { ...key, registeredAtMs: Math.floor(nowMs), challengedAtMs, state: 'current' }
  const ttlMs = bindingTtlMs(absoluteExpiresAtMs - nowMs)
  if (!(await createBinding(store, handle, binding, ttlMs))) {
    const present = await readBinding(store, handle)
    if (present?.thumbprint !== key.thumbprint) throw new Refusal(403, 'taken')
    // A registration that is repeated, or replayed. A refresh with a new challenge shows which.
    return accept(endpoint, { session, binding: present, origin, nowMs, isProven: false })
  }
  if (await isStillLive(endpoint, request, session)) {
    return accept(endpoint, { session, binding, origin, nowMs, isProven: true })
  }
  await revoke(endpoint, handle, binding)
  return accept(endpoint, { session, binding, origin, nowMs, isProven: false })
}
