import type { CreateOptions, SessionId, SessionPlugin } from './plugin.js'

/** A live session of a user. The handle can end the session but does not authenticate anyone. */
export interface SessionSummary {
  readonly handle: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface EndUserSessionsOptions {
  /** The session to keep, usually that of the current request. */
  readonly except?: SessionId | undefined
}

/** Lists and ends sessions by user (contract O1). */
export interface UserIndexCapability {
  /** Resolves to the user's live sessions, oldest first, or to an empty list. */
  listUserSessions(userId: string): Promise<readonly SessionSummary[]>
  /** Ends the session if it belongs to this user. Resolves and ends nothing for any other handle. */
  endUserSession(userId: string, handle: string): Promise<void>
  /** Ends all of the user's sessions that were created before the call, except `except`. */
  endUserSessions(userId: string, options?: EndUserSessionsOptions): Promise<void>
}

export interface SweepOptions {
  /** Maximum number of records to remove in this call. Default: 1000. */
  readonly maxRecords?: number | undefined
}

export interface SweepResult {
  /** Number of expired records that this call removed. */
  readonly removed: number
  /** True if expired records may remain; call `sweep` again. */
  readonly more: boolean
}

/** Removes expired records from the backend (contract O2). Sessions expire without it. */
export interface SweepCapability {
  /** Removes one bounded batch of expired records, and never a live session. Safe to run in many processes at once. */
  sweep(options?: SweepOptions): Promise<SweepResult>
}

/** Closes what the store itself opened (contract O3). */
export interface CloseCapability {
  /** Closes the store's own connections, not a client that it was given. Later calls reject with `Backend`. */
  close(): Promise<void>
}

export type CompareResult = { readonly outcome: 'updated'; readonly id: SessionId } | { readonly outcome: 'changed' }

/** Updates a session only if nobody else has changed its data (contract O4). */
export interface CompareCapability {
  /**
   * Replaces the data if it is still `expectedDataJson`, byte for byte. Otherwise resolves to `{ outcome: 'changed' }`
   * and changes nothing. Rejects as `update` does.
   */
  updateIfUnchanged(id: SessionId, expectedDataJson: string, dataJson: string): Promise<CompareResult>
}

/** A live session of a user, with its data. The handle is that of `listUserSessions`. */
export interface UserRecord extends SessionSummary {
  readonly dataJson: string
}

export interface UpdateUserRecordResult {
  /**
   * `changed`: the data is not what the caller read. `gone`: the user has no live session with the handle. Nothing was
   * changed then.
   */
  readonly outcome: 'updated' | 'changed' | 'gone'
}

/** Lists a user's sessions with their data, and updates one of them by its handle (contract O5). */
export interface UserRecordsCapability {
  /** Resolves to the user's live sessions with their data, oldest first, or to an empty list. */
  listUserRecords(userId: string): Promise<readonly UserRecord[]>
  /**
   * Replaces the data of the user's session if it is still `expectedDataJson`, byte for byte. Rejects with `Invalid` for
   * data that cannot be stored.
   */
  updateUserRecord(
    userId: string,
    handle: string,
    expectedDataJson: string,
    dataJson: string,
  ): Promise<UpdateUserRecordResult>
}

export interface CreateWithIdResult {
  /** `taken` if a live session has the id already. Nothing was changed then. */
  readonly outcome: 'created' | 'taken'
}

/**
 * Creates sessions under ids that the caller has minted (contract O6), for hosts that choose the id of a session before
 * they store it. Server-backed stores have it.
 */
export interface GivenIdCapability {
  /**
   * Stores a new session under an id of `mintSessionId`, if no live session has it. Mint an id for each new session: an
   * id that was ended is free again. Rejects with `Invalid` for an id that `mintSessionId` cannot have created, and
   * otherwise as `create` does.
   */
  createWithId(id: SessionId, options: CreateOptions): Promise<CreateWithIdResult>
}

/** Ends all sessions of a user without a list of them (contract O7). Client-backed stores with revocation have it. */
export interface RevokeUserCapability {
  /** Ends all sessions of the user that were created before the call. Rejects with `Invalid` for a bad user id. */
  revokeUser(userId: string): Promise<void>
}

function hasMethods(plugin: SessionPlugin, ...names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(plugin, name) === 'function')
}

/** Returns true if the store can list and end a user's sessions (contract O1). */
export function supportsUserIndex<P extends SessionPlugin>(plugin: P): plugin is P & UserIndexCapability {
  return hasMethods(plugin, 'listUserSessions', 'endUserSession', 'endUserSessions')
}

/** Returns true if the store has expired records to sweep (contract O2). */
export function supportsSweep<P extends SessionPlugin>(plugin: P): plugin is P & SweepCapability {
  return hasMethods(plugin, 'sweep')
}

/** Returns true if the store can be closed (contract O3). */
export function supportsClose<P extends SessionPlugin>(plugin: P): plugin is P & CloseCapability {
  return hasMethods(plugin, 'close')
}

/** Returns true if the store can update only unchanged data (contract O4). */
export function supportsCompare<P extends SessionPlugin>(plugin: P): plugin is P & CompareCapability {
  return hasMethods(plugin, 'updateIfUnchanged')
}

/** Returns true if the store can list a user's sessions with their data, and update them (contract O5). */
export function supportsUserRecords<P extends SessionPlugin>(plugin: P): plugin is P & UserRecordsCapability {
  return hasMethods(plugin, 'listUserRecords', 'updateUserRecord')
}

/** Returns true if the store can create sessions under given ids (contract O6). */
export function supportsGivenId<P extends SessionPlugin>(plugin: P): plugin is P & GivenIdCapability {
  return hasMethods(plugin, 'createWithId')
}

/** Returns true if the store can end all sessions of a user without a list of them (contract O7). */
export function supportsRevokeUser<P extends SessionPlugin>(plugin: P): plugin is P & RevokeUserCapability {
  return hasMethods(plugin, 'revokeUser')
}
