import type { CompareCapability } from '../contract/capabilities.js'
import type { SessionPlugin } from '../contract/plugin.js'
import type { CacheControl } from './cache-control.js'
import type { StoreClock } from './store-clock.js'
import type { SessionCookieOptions } from './cookie-options.js'
import type { SessionCookies } from './cookie.js'
import type { LifetimeOptions, Lifetimes } from './lifetimes.js'
import type { OnRejected, SessionRejection } from './commit-error.js'
import type { DataSchema } from './schema.js'
import type { UserSessions } from './user-sessions.js'

export interface MaxSessionsPerUser {
  /** The most live sessions that a user has after a sign-in. */
  readonly count: number
  /** At a sign-in beyond it, end the user's oldest sessions, or reject the commit with `too_many_sessions`. */
  readonly policy: 'endOldest' | 'reject'
}

export interface SessionManagerOptions<Data extends object> extends LifetimeOptions {
  /** The store: any implementation of the contract. */
  readonly store: SessionPlugin
  /** Makes the data that a session begins with. A visitor whose data stays so costs no record and no cookie. */
  readonly initialData: () => Data
  readonly cookie?: SessionCookieOptions | undefined
  /** What a response that sets a session cookie says to caches, unless it says stricter. Default: `no-store`. */
  readonly cacheControl?: CacheControl | undefined
  /**
   * What becomes of a change if another request changed the data of the session meanwhile: it overwrites that, or the
   * commit rejects with a `SessionCommitError`, reason `conflict`, for which the store needs `updateIfUnchanged`
   * (contract O4). Default: `overwrite`.
   */
  readonly onConflict?: 'overwrite' | 'reject' | undefined
  /** A limit to the sessions of one user, kept at sign-in. The store must list sessions (O1). Default: none. */
  readonly maxSessionsPerUser?: MaxSessionsPerUser | undefined
  /**
   * What session data looks like. Stored data that does not pass, or that makes the schema throw, is no session: the
   * visitor begins with `initialData`, and the cookie is left alone; a sign-in or a sign-out ends what was stored. Data
   * that would not pass when it is read again is not stored: the commit rejects with `Invalid`. Default: data is taken
   * as it was stored.
   */
  readonly schema?: DataSchema<Data> | undefined
  /**
   * Brings stored data of an older shape into today's, before `schema` looks at it; may be asynchronous. If it throws,
   * the data is refused as by `schema`. Default: none.
   */
  readonly migrateData?: ((storedData: unknown) => unknown) | undefined
  /**
   * Called for each session and each commit that is rejected, for logs and metrics. The rejection holds no id, user or
   * data. The cause may quote data: the error, the schema's issues, or what `schema` or `migrateData` threw. What the
   * hook itself throws is dropped. Default: none.
   */
  readonly onRejection?: ((rejection: SessionRejection, cause: unknown) => void) | undefined
}

/** The options as sessions use them. */
export interface SessionContext<Data extends object> {
  readonly plugin: SessionPlugin
  /** The same store, if a change must not overwrite another. */
  readonly comparing: CompareCapability | undefined
  readonly users: UserSessions
  readonly initialData: () => Data
  readonly lifetimes: Lifetimes
  readonly clock: StoreClock
  readonly cookies: SessionCookies
  readonly cacheControl: CacheControl
  readonly maxSessionsPerUser: MaxSessionsPerUser | undefined
  readonly schema: DataSchema<Data> | undefined
  readonly migrateData: ((storedData: unknown) => unknown) | undefined
  readonly onRejection: OnRejected | undefined
}
