import type { DeviceRequest, DeviceSession } from '@bext/session-core/manager'
import type { Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import type { Binding } from '../record.js'
import { bindingTtlMs, createBinding, deleteBinding, readBinding, replaceBinding, textOf } from '../record.js'
import { verifyRegistration } from '../proof.js'
import { accept } from './accept.js'
import { checkOrigin, readCandidates, readProof, verified } from './read-request.js'
import { Refusal } from './refusal.js'

interface Found {
  readonly session: DeviceSession
  readonly challengedAtMs: number
}

/** Resolves to the session that the challenge was issued for. Rejects with a refusal if there is none. */
async function findSession(
  connection: Connection,
  request: DeviceRequest,
  challenge: string,
  nowMs: number,
): Promise<Found> {
  const live = (await readCandidates(connection, request)).flatMap(({ session }) => (session ? [session] : []))
  if (live.length === 0) throw new Refusal(403, 'session')
  for (const session of live) {
    const { handle, isReplaced, userId } = session
    const challengedAtMs = connection.challenges.issuedAtMs('registration', challenge, handle, nowMs)
    if (challengedAtMs !== undefined && !isReplaced && userId !== undefined) return { session, challengedAtMs }
  }
  throw new Refusal(403, 'challenge')
}

/** Resolves to true if the session is live, and was not rotated meanwhile. */
async function isStillLive(
  connection: Connection,
  request: DeviceRequest,
  { handle }: DeviceSession,
): Promise<boolean> {
  const candidates = await readCandidates(connection, request)
  return candidates.some(({ session }) => session?.handle === handle && !session.isReplaced)
}

/** Revokes a binding. Resolves to false, and revokes nothing, if a rotation has moved it to another id. */
async function revoke({ store }: Connection, handle: string, binding: Binding): Promise<boolean> {
  const outcome = await replaceBinding(store, handle, textOf(binding), { ...binding, state: 'revoked' })
  // One that is gone is not deleted: the session may have another one by now.
  if (outcome === 'updated') await deleteBinding(store, handle)
  return outcome !== 'changed'
}

/**
 * Calls `work`, which stores a binding. If it rejects, or the browser had its answer before, the binding is revoked: the
 * browser does not know of it, and would be locked out.
 */
async function orRevoke<T>(
  connection: Connection,
  handle: string,
  binding: Binding,
  { atMs }: Deadline,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work()
    if (performance.now() < atMs) return result
    throw new Refusal(503, 'unavailable')
  } catch (error) {
    await revoke(connection, handle, binding).catch(() => undefined)
    throw error
  }
}

/** Binds the session of a request to the key of the browser, once. Rejects with a refusal. */
export async function register(connection: Connection, request: DeviceRequest, deadline: Deadline): Promise<Response> {
  const { host, store } = connection
  const origin = checkOrigin(connection, request)
  const proof = readProof(request)
  if (proof === undefined) throw new Refusal(400, 'malformed')
  const { key, challenge } = await verified(verifyRegistration(proof))
  const nowMs = await host.nowMs()
  const { session, challengedAtMs } = await findSession(connection, request, challenge, nowMs)
  const { handle, absoluteExpiresAtMs } = session
  const binding: Binding = { ...key, registeredAtMs: Math.floor(nowMs), challengedAtMs, state: 'current' }
  const ttlMs = bindingTtlMs(absoluteExpiresAtMs - nowMs)
  const created = await orRevoke(connection, handle, binding, deadline, async () => {
    if (!(await createBinding(store, handle, binding, ttlMs))) return 'taken'
    return (await isStillLive(connection, request, session)) ? 'live' : 'ended'
  })
  if (created === 'taken') {
    const present = await readBinding(store, handle)
    if (present?.thumbprint !== key.thumbprint) throw new Refusal(403, 'taken')
    // A registration that is repeated, or replayed. A refresh with a new challenge shows which.
    return accept(connection, { session, binding: present, origin, nowMs, isProven: false })
  }
  if (created === 'live') return accept(connection, { session, binding, origin, nowMs, isProven: true })
  // A rotation that ended the session may have moved the binding first. Then the registration is valid under the new id.
  if (await revoke(connection, handle, binding)) throw new Refusal(403, 'session')
  return accept(connection, { session, binding, origin, nowMs, isProven: false })
}
