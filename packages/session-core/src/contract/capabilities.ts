import type { SessionId, SessionPlugin } from './plugin.js'

/** A live session in a list of a user's sessions. The handle ends the session; it cannot be used to be let in. */
export interface SessionSummary {
  readonly handle: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface EndUserSessionsOptions {
  /** The session to keep, usually the one that asks. */
  readonly except?: SessionId | undefined
}

/** Finds and ends sessions by the user that they belong to (contract O1). */
export interface UserIndexCapability {
  /** Resolves to the user's live sessions, oldest first; to an empty list where there are none. */
  listUserSessions(userId: string): Promise<readonly SessionSummary[]>
  /** Ends that session if it is this user's. A handle that is unknown, or another user's, resolves and ends nothing. */
  endUserSession(userId: string, handle: string): Promise<void>
  /** Ends all of the user's sessions that were created before the call, but for `except`. */
  endUserSessions(userId: string, options?: EndUserSessionsOptions): Promise<void>
}

export interface SweepOptions {
  /** The most records that this call removes. Default: 1000. */
  readonly maxRecords?: number | undefined
}

export interface SweepResult {
  /** How many expired records this call removed. */
  readonly removed: number
  /** Whether more may be left, so that calling again pays. */
  readonly more: boolean
}

/** Removes expired records from the backend (contract O2). Sessions expire without it; it frees their room. */
export interface SweepCapability {
  /** Removes one bounded batch. Safe to run from many processes at once; removes nothing that is alive. */
  sweep(options?: SweepOptions): Promise<SweepResult>
}

/** Releases what the store itself opened (contract O3). */
export interface CloseCapability {
  /** Ends the store's own connections, not those that it was handed. Calls after it reject with `Backend`. */
  close(): Promise<void>
}

export type CompareResult = { readonly outcome: 'updated'; readonly id: SessionId } | { readonly outcome: 'changed' }

/** Updates only what nobody else changed meanwhile (contract O4). */
export interface CompareCapability {
  /**
   * Replaces the data if it is still, byte for byte, `expectedDataJson`; else resolves to `{ outcome: 'changed' }` and
   * changes nothing. Rejects as `update` does.
   */
  updateIfUnchanged(id: SessionId, expectedDataJson: string, dataJson: string): Promise<CompareResult>
}

/** Ends all sessions of a user without a list of them (contract O7). Client-backed stores with revocation have it. */
export interface RevokeUserCapability {
  /** Ends all sessions of the user that were created before the call. Rejects with `Invalid` for a bad user id. */
  revokeUser(userId: string): Promise<void>
}

function hasMethods(plugin: SessionPlugin, ...names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(plugin, name) === 'function')
}

/** Whether the store can list and end a user's sessions (contract O1). */
export function supportsUserIndex<P extends SessionPlugin>(plugin: P): plugin is P & UserIndexCapability {
  return hasMethods(plugin, 'listUserSessions', 'endUserSession', 'endUserSessions')
}

/** Whether the store has expired records to sweep (contract O2). */
export function supportsSweep<P extends SessionPlugin>(plugin: P): plugin is P & SweepCapability {
  return hasMethods(plugin, 'sweep')
}

/** Whether the store has something of its own to close (contract O3). */
export function supportsClose<P extends SessionPlugin>(plugin: P): plugin is P & CloseCapability {
  return hasMethods(plugin, 'close')
}

/** Whether the store can update only what is unchanged (contract O4). */
export function supportsCompare<P extends SessionPlugin>(plugin: P): plugin is P & CompareCapability {
  return hasMethods(plugin, 'updateIfUnchanged')
}

/** Returns true if the store can end all sessions of a user without a list of them (contract O7). */
export function supportsRevokeUser<P extends SessionPlugin>(plugin: P): plugin is P & RevokeUserCapability {
  return hasMethods(plugin, 'revokeUser')
}
