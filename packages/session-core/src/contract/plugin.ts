declare const brand: unique symbol

/**
 * Identifier of a session for the client: a random lookup key in server-backed stores, the sealed session itself in
 * client-backed stores. Always the value that `create`, `update` or `touch` resolved to last (contract C1, U2, T4).
 */
export type SessionId = string & { readonly [brand]: true }

/**
 * Casts text that a client sent to `SessionId` without checking it. Stores reject bad ids with `Invalid` or `NotFound`
 * (contract R3, R4).
 */
export function asSessionId(text: string): SessionId {
  return text as SessionId
}

/** Properties of a new session. */
export interface CreateOptions {
  /** The user whose session it is. Absent for an anonymous session (C6). */
  readonly userId?: string | undefined
  /** JSON text, kept byte for byte (C8, R2). */
  readonly dataJson: string
  /** Time until the session expires, in milliseconds: a positive safe integer (C7). */
  readonly ttlMs: number
}

/** A session as it was stored. Times are milliseconds since 1970, on the store's own clock (C5). */
export interface SessionRecord {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly dataJson: string
  /** 0 for a session that another program created, because its creation time is unknown. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/**
 * The contract of a session store. Every rejection is a `SessionError` (E1), every call ends within the store's
 * deadline (E5), and the id that a call resolves to replaces the id that it received.
 */
export interface SessionPlugin {
  /** A short name for logs, such as `memory` or `redis`. */
  readonly name: string
  /**
   * Stores a new session and resolves to its id.
   * Rejects with `Invalid` for bad options, and stores nothing then (C7, C8, I3, L1).
   */
  create(options: CreateOptions): Promise<SessionId>
  /**
   * Resolves to the whole record. Changes nothing (R5).
   * Rejects with `NotFound` for an unknown, deleted or expired session (R3), with `Invalid` for a malformed id (R4).
   */
  read(id: SessionId): Promise<SessionRecord>
  /**
   * Replaces only the data. Resolves to the id to use from now on (U1, U2).
   * Rejects with `NotFound` for an unknown, deleted or expired session, and never restores it (U3, U4).
   */
  update(id: SessionId, dataJson: string): Promise<SessionId>
  /**
   * Sets the expiry to `ttlMs` milliseconds from now, later or earlier than before. Resolves to the id to use from now
   * on (T1, T4). Rejects with `NotFound` for an unknown, deleted or expired session, and never restores it (T3).
   */
  touch(id: SessionId, ttlMs: number): Promise<SessionId>
  /**
   * Deletes the session. Also resolves for an unknown, expired or malformed id (D1). A client-backed store has nothing
   * to delete: without revocation, the id stays readable until it expires (D4).
   */
  delete(id: SessionId): Promise<void>
  /** Sends the backend one cheap question. Resolves to `false` if it does not answer, and never rejects (H1). */
  isHealthy(): Promise<boolean>
}

/** Names of the methods that every store has. */
export const sessionPluginMethods = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy'] as const
