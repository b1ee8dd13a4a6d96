import type { SessionSummary } from '../contract/capabilities.js'

export interface SignInOptions {
  /** Whether the session lives by the manager's option `remember`. Default: false. */
  readonly remember?: boolean | undefined
}

export interface RotateOptions {
  /**
   * How long the old id can still be read, in milliseconds, so that requests under way find their session. It takes no
   * change and lives no longer in that time. Default: 0, the old id ends at once.
   */
  readonly graceMs?: number | undefined
}

export interface SignOutEverywhereOptions {
  /** `'this'`: the visitor stays signed in here, and all others are signed out. Default: none stays. */
  readonly except?: 'this' | undefined
}

/** One of a user's live sessions, for a page "your devices". */
export interface UserSession extends SessionSummary {
  /** Whether it is the session that asks. Told by `hashSessionId`, which is what the handles of our stores are. */
  readonly isCurrent: boolean
}

/**
 * A visitor's session during one request. Nothing is stored before it is committed. After that it can be read, as it
 * was stored, and a change throws; after a commit that failed, or a handler that threw, any use throws. Its id stays
 * inside, so that no code can keep, log or compare it.
 */
export interface Session<Data extends object> {
  /** Kept as JSON: read it, change it, or assign it. What the commit finds here is what is stored. */
  data: Data
  /** Who is signed in, or undefined. */
  readonly userId: string | undefined
  /**
   * The time at which this id was made, in milliseconds since 1970 on the store's clock; undefined if the session is not
   * stored yet, or was made by another program. After a commit that made the id, on the clock of this process.
   */
  readonly createdAtMs: number | undefined
  /**
   * The time at which the session ends without a further request, in milliseconds since 1970; undefined if not stored
   * yet. After a commit that created or extended it, on the clock of this process.
   */
  readonly expiresAtMs: number | undefined
  /**
   * The time at which the session ends however busy it is, in milliseconds since 1970; undefined until the commit that
   * begins the lifetime. After `signIn`, and before the commit, as if it were committed now.
   */
  readonly absoluteExpiresAtMs: number | undefined
  /**
   * Has the commit put a new session with a fresh id in place of this one, which ends at once. Both timeouts begin again,
   * also for a user who signs in again. Data is carried over, unless it is another user's. Throws `Invalid` for a user id that is
   * not a string or is empty, a `TypeError` for `remember` if the manager has no such option.
   */
  signIn(userId: string, options?: SignInOptions): void
  /**
   * Has the commit give the session a fresh id, for a change of privileges. User, data and the absolute end stay.
   * Nothing to do for a session that is not stored yet, or that another request has rotated already.
   */
  rotate(options?: RotateOptions): void
  /** Has the commit end the session and clear its cookie. Data begins anew; changed then, it is a new session. */
  signOut(): void
  /**
   * Has the commit end all sessions of the user, wherever they are. Like `signOut` where nobody is signed in. Throws a
   * `TypeError` where the store cannot (`supportsSignOutEverywhere`).
   */
  signOutEverywhere(options?: SignOutEverywhereOptions): void
  /**
   * Resolves to the user's live sessions as they are stored now, oldest first; to none where nobody is signed in.
   * Rejects with a `TypeError` where the store cannot (`supportsUserIndex`).
   */
  listSessions(): Promise<readonly UserSession[]>
  /**
   * Ends the user's session with that handle now, without waiting for the commit; this very session as `signOut` does.
   * Resolves to whether the user had such a session: a handle that is unknown, or another user's, ends nothing. Rejects
   * with a `TypeError` where the store cannot.
   */
  endSession(handle: string): Promise<boolean>
}

/** A session whose commit resolves to what the response has to carry. */
export interface OpenSession<Data extends object> extends Session<Data> {
  /**
   * Stores what changed, and resolves to the `Set-Cookie` values to send, of which there may be none. Rejects with
   * `NotFound` if the session that it was to change was ended or rotated meanwhile (it does not come back), `Invalid`
   * for data that cannot be kept, `Backend` as the store does, and a `SessionCommitError` as the manager's options say.
   * Then there is no cookie to send: where a sign-in or sign-out cannot end the old session, the visitor keeps it, and
   * your error page says so.
   */
  commit(): Promise<readonly string[]>
}

/** A session whose commit writes to a response of `node:http`. */
export interface NodeSession<Data extends object> extends Session<Data> {
  /**
   * Stores what changed, and adds `Set-Cookie` and `Cache-Control` to the response: call it before the body is written.
   * Throws an `Error`, before anything is stored, once the headers were sent. Rejects as `OpenSession` does.
   */
  commit(): Promise<void>
}
