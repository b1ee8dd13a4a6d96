import type { SessionId } from '../contract/plugin.js'
import { SessionCommitError } from './commit-error.js'
import type { BoundCookie, DeviceEvidence, DeviceMove, MovedDevice } from './device.js'
import type { Host } from './host.js'
import type { PendingChanges } from './pending-changes.js'
import type { CookieToSet } from './set-cookie.js'
import { handleOf } from './session-names.js'

/** Cookies and headers that a commit adds for the option `device`. */
export interface DeviceResponse {
  readonly setCookies: readonly CookieToSet[]
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const nothing: DeviceResponse = { setCookies: [], headers: [] }
const removal: BoundCookie = { value: '', maxAge: 0 }

/** Throws a `SessionCommitError` for a change to a session that is only read. It can be ended, and a sign-in replaces it. */
export function assertProven({ check, action, revokeAll }: PendingChanges, isChanged: boolean): void {
  if (check?.access !== 'readOnly' || action === 'signIn' || (action === 'end' && !revokeAll)) return
  if (!isChanged && action === 'keep' && !revokeAll) return
  const message = 'The session is bound to a device, and this request did not prove it, so the session is read only.'
  throw new SessionCommitError('unproven_device', `${message} Sign in again.`)
}

/** Binds the new id of a rotation. The old session has not ended yet. */
export async function moveDevice(
  { device }: Host,
  { stored, evidence }: PendingChanges,
  id: SessionId,
  restMs: number,
): Promise<DeviceMove | undefined> {
  return stored && device?.move(handleOf(stored.record.id), handleOf(id), restMs, evidence)
}

function cookiesOf({ cookies }: Host, cookie: BoundCookie | undefined): readonly CookieToSet[] {
  return cookie ? [cookies.bound.write(cookie.value, cookie.maxAge)] : []
}

/** Returns the removal of the bound cookie, if the request has one. */
function removalIn({ boundCookies }: DeviceEvidence): BoundCookie | undefined {
  return boundCookies.length > 0 ? removal : undefined
}

/** Resolves to what the response of a new session needs: its bound cookie, or else the offer to register. */
export async function deviceOfNewSession(
  host: Host,
  { userId, evidence }: PendingChanges,
  id: SessionId,
  moved: MovedDevice | undefined,
): Promise<DeviceResponse> {
  const { device } = host
  if (!device) return nothing
  return {
    setCookies: cookiesOf(host, moved?.boundCookie ?? removalIn(evidence)),
    headers: moved?.isBound === true || userId === undefined ? [] : [await device.offer(handleOf(id))],
  }
}

/** Returns the bound cookie that any other commit sets or removes. */
export function boundCookieOf(host: Host, { check, evidence, action }: PendingChanges): readonly CookieToSet[] {
  if (!host.device) return []
  return cookiesOf(host, action === 'end' ? removalIn(evidence) : check?.boundCookie)
}
