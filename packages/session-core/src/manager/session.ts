import type { SessionDevice } from './device.js'
import type { SessionSummary } from '../contract/capabilities.js'

export interface SignInOptions {
  /** True: the session gets the timeouts of the manager's option `remember`. Default: false. */
  readonly remember?: boolean | undefined
}

export interface RotateOptions {
  /**
   * Time for which the old id can still be read, in milliseconds, so that requests in flight find their session. During
   * that time the session under the old id cannot be changed or extended. Default: 0, the old id ends immediately.
   */
  readonly graceMs?: number | undefined
}

export interface SignOutEverywhereOptions {
  /** `'this'`: keeps the current session signed in and ends the user's others. Default: ends all of them. */
  readonly except?: 'this' | undefined
}

export interface ListSessionsOptions<Data extends object, Description> {
  /** Returns what the list shows of a session's data. The store must list data (`supportsUserRecords`). */
  readonly describe?: ((data: Data) => Description) | undefined
}

/**
 * One of a user's live sessions. The fields after `expiresAtMs` are undefined if the store does not list data
 * (`supportsUserRecords`), or if the session was not stored by this version of the manager.
 */
export interface ListedSession<Description = undefined> extends SessionSummary {
  /** Name that stays when the id of the session changes, so that a device stays one device. */
  readonly familyId: string | undefined
  /**
   * Time of the last request that extended the session, in milliseconds since 1970 on the store's clock. A request that
   * comes within `touchIntervalMs` of it does not count, so the time is at most that much too early. Close to the absolute
   * timeout, whose time limits the extension, it is earlier.
   */
  readonly lastSeenAtMs: number | undefined
  /** Time of the sign-in, as in `Session.authenticatedAtMs`. */
  readonly authenticatedAtMs: number | undefined
  /** Result of `describe`. Undefined without it, and for data that `schema` or `migrateData` refuses. */
  readonly description: Description | undefined
  /** True if the session is bound to a device. Undefined without the manager's option `device`. */
  readonly isDeviceBound?: boolean
}

/** One of a user's live sessions, for a "your devices" page. */
export interface UserSession<Description = undefined> extends ListedSession<Description> {
  /** True for the session that called `listSessions`. Found by `hashSessionId`, which our stores use as the handle. */
  readonly isCurrent: boolean
}

/**
 * A visitor's session during one request. Nothing is stored until `commit`. After a commit the session shows what was
 * stored, and a change throws. After a failed commit, or once a handler has thrown, any use of the session throws. The id
 * is never exposed, so that no code can keep, log or compare it.
 */
export interface Session<Data extends object> {
  /** Data of the session, stored as JSON. Read it, change it in place, or assign it. The commit stores the current value. */
  data: Data
  /** Id of the signed-in user, or undefined for a guest. */
  readonly userId: string | undefined
  /**
   * Public name of the session, for logs, audit and rate limits. It authenticates nobody. It is the hash of the id, so it
   * changes with the id, and the handle in lists. Undefined while the session is not stored, or while its id is about to
   * change.
   */
  readonly handle: string | undefined
  /**
   * Public name of the session that stays when its id changes: over rotations, and when the same user signs in again. Use
   * it to label a device, or to bind a CSRF token. It authenticates nobody. Undefined while the session has no name.
   */
  readonly familyId: string | undefined
  /**
   * Time at which the user signed in, in milliseconds since 1970 on the store's clock. Each `signIn` sets it again, also for
   * the same user. Undefined for a guest, and for a session that another program signed in.
   */
  readonly authenticatedAtMs: number | undefined
  /**
   * Time at which this id was created, in milliseconds since 1970 on the store's clock. Undefined if the session is not
   * stored yet, or if another program created it. After a commit that created the id, on the clock of this process.
   */
  readonly createdAtMs: number | undefined
  /**
   * Time at which the session expires unless another request extends it, in milliseconds since 1970. Undefined if the
   * session is not stored yet. After a commit that created or extended it, on the clock of this process.
   */
  readonly expiresAtMs: number | undefined
  /**
   * Time of the absolute timeout, in milliseconds since 1970. Undefined until the commit that starts the timeout. After
   * `signIn` and before the commit, the time that a commit now would give.
   */
  readonly absoluteExpiresAtMs: number | undefined
  /**
   * Returns true if the user signed in less than `withinMs` ago: ask for it before a sensitive action, and let the user
   * sign in again otherwise ("sudo mode"). False for a guest, and for a session that another program signed in. Throws
   * `Invalid` if `withinMs` is not a positive whole number.
   */
  isAuthenticatedWithin(withinMs: number): boolean
  /**
   * Binding to the visitor's device, as this request proved it. If the session was refused, the reason, while `userId` is
   * that of a guest. Undefined without the manager's option `device`.
   */
  readonly device: SessionDevice | undefined
  /**
   * Headers, besides `Set-Cookie`, that the response must have after the commit. Empty without the manager's option
   * `device`. `handleFetch`, `openNode` and our packages for frameworks set them. With `open` and `openCookies`, set them
   * yourself.
   */
  readonly responseHeaders: readonly (readonly [name: string, value: string])[]
  /**
   * On commit, replaces this session with a new one under a fresh id, signed in as the user, and ends the old one. Both
   * timeouts restart, also if the same user signs in again. The data is kept, unless it belongs to another user. Throws
   * `Invalid` if `userId` is empty or not a string. Throws a `TypeError` for `remember` if the manager has no such option.
   */
  signIn(userId: string, options?: SignInOptions): void
  /**
   * On commit, gives the session a fresh id: call it when privileges change. User, data and the absolute timeout stay. Has
   * no effect on a session that is not stored yet, or that another request has rotated already.
   */
  rotate(options?: RotateOptions): void
  /**
   * On commit, ends the session and clears its cookie. Resets `data` to `initialData`; if you change it afterwards, the
   * commit creates a new session.
   */
  signOut(): void
  /**
   * On commit, ends all sessions of the user, on every device. Without a signed-in user, does the same as `signOut`. Throws
   * a `TypeError` if the store does not support it (`supportsSignOutEverywhere`).
   */
  signOutEverywhere(options?: SignOutEverywhereOptions): void
  /**
   * Resolves to the user's live sessions as they are stored now, oldest first. Resolves to an empty list without a
   * signed-in user. Leaves out a session that a rotation has replaced. Rejects with a `TypeError` if the store does not
   * support it (`supportsUserIndex`), or does not list data and you pass `describe` (`supportsUserRecords`).
   */
  listSessions<Description = undefined>(
    options?: ListSessionsOptions<Data, Description>,
  ): Promise<readonly UserSession<Description>[]>
  /**
   * Ends the user's session with this handle immediately, without a commit. For the handle of the current session, does
   * the same as `signOut`. Resolves to false, and ends nothing, if the handle is unknown or belongs to another user. Rejects
   * with a `TypeError` if the store does not support it (`supportsUserIndex`).
   */
  endSession(handle: string): Promise<boolean>
}

/** A session whose commit resolves to the `Set-Cookie` values of the response. */
export interface OpenSession<Data extends object> extends Session<Data> {
  /**
   * Stores the changes, and resolves to the `Set-Cookie` values to send, which may be an empty list. Rejects with
   * `NotFound` if the session to change was ended or rotated meanwhile (it does not return), with `Invalid` for data that
   * cannot be stored, with `Backend` if the store fails, and with a `SessionCommitError` under the manager's options
   * `onConflict` and `maxSessionsPerUser`. A rejected commit has no cookie to send: if a sign-in or a sign-out cannot end
   * the old session, the visitor keeps it, and your error page should say so.
   */
  commit(): Promise<readonly string[]>
}

/** A session whose commit sets the cookies by name. */
export interface CookiesSession<Data extends object> extends Session<Data> {
  /**
   * Stores the changes, and sets the cookies. Call it before the response starts, and before a redirect that is thrown.
   * Resolves to true if a cookie was set: send `Cache-Control: no-store`, unless the framework does. Where the framework
   * cannot set cookies, a commit without changes leaves the cookie as it is, and a commit that has to set one rejects with
   * an `Error`: then a new session is ended again, and one that was to be ended stays ended. A sealed session is ended only
   * with revocation (O7): without it, the visitor keeps the session. Otherwise rejects as `OpenSession.commit` does.
   */
  commit(): Promise<boolean>
}

/** Result of a commit of a session without a cookie. */
export interface CommittedToken {
  /** Token that the client must send from now on. Undefined: the client keeps the token that it has, if any. */
  readonly token: string | undefined
  /** True if the commit ended the session, so that the client must discard its token. */
  readonly isEnded: boolean
}

/** A session whose commit resolves to the token of the client. */
export interface TokenSession<Data extends object> extends Session<Data> {
  /**
   * Stores the changes. Resolves to a token after a sign-in, after a rotation, after the first change of a guest's data,
   * and, with sealed sessions, after each change and extension. Send it in the body, with `Cache-Control: no-store`.
   * Rejects as `OpenSession.commit` does.
   */
  commit(): Promise<CommittedToken>
}

/** A session whose commit writes headers to a `node:http` response. */
export interface NodeSession<Data extends object> extends Session<Data> {
  /**
   * Stores the changes, and adds `Set-Cookie` and `Cache-Control` to the response. Call it before you write the body.
   * Resolves to the `Set-Cookie` values that it added. Throws an `Error`, and stores nothing, once the headers are sent.
   * Otherwise rejects as `OpenSession.commit` does.
   */
  commit(): Promise<readonly string[]>
}
