import type { BoundCookie, DeviceEvidence, DeviceMove, MovedDevice } from '@bext/session-core/manager'
import { SessionError } from '@bext/session-core'
import { cookieProofOf } from './check.js'
import type { Connection } from './connection.js'
import type { StoredBinding } from './record.js'
import { bindingTtlMs, createBinding, readBinding, replaceBinding, touchBinding } from './record.js'

const maxAttempts = 5
// A refresh that was sent with the old id is answered so that the browser tries again with the new one.
const movedBindingMs = 60_000

/**
 * Marks the binding of the old id as moved, and resolves to it. A registration that finds its session ended revokes its
 * binding in the same way, so only one of the two succeeds.
 */
async function claim({ store }: Connection, handle: string): Promise<StoredBinding | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const binding = await readBinding(store, handle)
    if (!binding) return undefined
    const outcome = await replaceBinding(store, handle, binding.dataJson, { ...binding, state: 'moved' })
    if (outcome === 'updated') return binding
  }
  throw new SessionError(
    'failed',
    'The device binding changed again and again while the session was rotated. Repeat the request.',
  )
}

/** Returns the cookie of the new id, which ends with the one of the request: a rotation proves nothing. */
async function cookieAfter(
  connection: Connection,
  [from, to]: readonly [string, string],
  { thumbprint }: StoredBinding,
  ttlMs: number,
  evidence: DeviceEvidence,
): Promise<BoundCookie | undefined> {
  const proof = cookieProofOf(connection, from, evidence.boundCookies)
  if (!proof) return undefined
  const nowMs = await connection.host.nowMs()
  const { endsAtMs } = proof
  return connection.cookies.issue({ handle: to, thumbprint, endsAtMs, bindingExpiresAtMs: nowMs + ttlMs }, nowMs)
}

/** Binds the new id of a session as the old one is, or as it is by the time that the old one has ended. */
export async function move(
  connection: Connection,
  from: string,
  to: string,
  restMs: number,
  evidence: DeviceEvidence,
): Promise<DeviceMove> {
  const { store } = connection
  const ttlMs = bindingTtlMs(restMs)

  async function copy(): Promise<StoredBinding | undefined> {
    const binding = await claim(connection, from)
    if (binding) await createBinding(store, to, { ...binding, state: 'current' }, ttlMs)
    return binding
  }

  const before = await copy()

  return {
    async finish(graceMs): Promise<MovedDevice> {
      // A registration may have ended after the first look, and before the old session did. The visitor has only the new
      // session by now, so a failure does not end it: as it is not bound, the browser is asked to register again.
      const binding = before ?? (await copy().catch(() => undefined))
      if (!binding) return { isBound: false, boundCookie: undefined }
      await touchBinding(store, from, graceMs + movedBindingMs).catch(() => undefined)
      const boundCookie = await cookieAfter(connection, [from, to], binding, ttlMs, evidence)
      return { isBound: true, boundCookie }
    },
  }
}
