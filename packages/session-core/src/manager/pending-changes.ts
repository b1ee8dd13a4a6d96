import type { SessionId } from '../contract/plugin.js'
import type { RequestCookies, SessionCookie } from './cookie.js'
import type { DeviceCheck, DeviceEvidence } from './device.js'
import type { StoredSession } from './stored-session.js'

/** A stored session, by its id and the cookie that it has. */
export interface SessionReference {
  readonly id: SessionId
  readonly cookie: SessionCookie
}

/** Changes that a request makes to its session, applied on commit. The data is in `PendingSession`. */
export interface PendingChanges {
  /** Session that the request opened, or undefined for a new one. */
  readonly stored: StoredSession | undefined
  /**
   * Sessions of the request whose record is corrupt, whose data is invalid, or which the option `device` refused. A sign-in or a
   * sign-out ends them too.
   */
  readonly unreadable: readonly SessionReference[]
  /** Session cookies of the request. */
  readonly cookies: RequestCookies
  /** Parts of the request that prove a device. */
  readonly evidence: DeviceEvidence
  /** Result of the option `device` for the session, or for the one that it refused. */
  readonly check: DeviceCheck | undefined
  userId: string | undefined
  /** Data as last stored, as JSON text. If the data still serializes to it, the data does not have to be stored. */
  unchangedText: string
  /** `keep`: keeps the stored session, if any. `signIn`, `rotate`: replaces it under a fresh id. `end`: ends it. */
  action: 'keep' | 'signIn' | 'rotate' | 'end'
  /** Time for which the old id of a rotation can still be read, in milliseconds. */
  graceMs: number
  isRemembered: boolean
  /** Start of the absolute timeout, or undefined if the commit starts it. */
  beganAtMs: number | undefined
  /** User whose sessions are ended everywhere. */
  revokeAll: { readonly userId: string; readonly keepsCurrent: boolean } | undefined
}

export interface PendingSession<Data extends object> extends PendingChanges {
  data: Data
}
