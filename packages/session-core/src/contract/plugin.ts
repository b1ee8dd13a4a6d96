declare const brand: unique symbol

/**
 * What names a session towards the client. Server-backed stores: a random look-up key. Client-backed stores: the
 * sealed session itself. Always the value that `create`, `update` or `touch` resolved to last (contract C1, U2, T4).
 */
export type SessionId = string & { readonly [brand]: true }

/**
 * Any text that a client sent, as a `SessionId` for the type checker. It checks nothing: the store does, and answers
 * `Invalid` or `NotFound` (contract R3, R4).
 */
export function asSessionId(text: string): SessionId {
  return text as SessionId
}

/** What a session begins with. */
export interface CreateOptions {
  /** Whose session it is; left out for an anonymous one (C6). */
  readonly userId?: string | undefined
  /** JSON text, kept byte for byte (C8, R2). */
  readonly dataJson: string
  /** How long the session lives, in milliseconds: a positive safe integer (C7). */
  readonly ttlMs: number
}

/** A session as it was stored. Times are milliseconds since 1970, on the store's own clock (C5). */
export interface SessionRecord {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly dataJson: string
  /** 0 for a session that a store has taken over from another program, because its creation time is unknown. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/**
 * The contract of a session store. Every rejection is a `SessionError` (E1), every call ends within the store's
 * deadline (E5), and the id that a call resolves to replaces the one that it was given.
 */
export interface SessionPlugin {
  /** A short name for logs, such as `memory` or `redis`. */
  readonly name: string
  /**
   * Stores a new session and resolves to its id.
   * Rejects with `Invalid` for bad options, and then nothing is stored (C7, C8, I3, L1).
   */
  create(options: CreateOptions): Promise<SessionId>
  /**
   * Resolves to the whole record. Changes nothing (R5).
   * Rejects with `NotFound` for an unknown, deleted or expired session (R3), `Invalid` for what cannot be an id (R4).
   */
  read(id: SessionId): Promise<SessionRecord>
  /**
   * Replaces the data, and nothing else; resolves to the id to use from now on (U1, U2).
   * Rejects with `NotFound` for a session that is gone, and never brings it back (U3, U4).
   */
  update(id: SessionId, dataJson: string): Promise<SessionId>
  /**
   * Lets the session live for `ttlMs` milliseconds from now, longer or shorter than before; resolves to the id to use
   * from now on (T1, T4). Rejects with `NotFound` for a session that is gone, and never brings it back (T3).
   */
  touch(id: SessionId, ttlMs: number): Promise<SessionId>
  /**
   * Ends the session. Resolves for an id that is unknown, expired or malformed, too (D1). Client-backed stores remember
   * nothing: there an ended id stays readable until it expires (D4).
   */
  delete(id: SessionId): Promise<void>
  /** Asks the backend whether it answers. Resolves to `false` where it does not; never rejects (H1). */
  isHealthy(): Promise<boolean>
}

/** Names of the methods that every store has. */
export const sessionPluginMethods = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy'] as const
