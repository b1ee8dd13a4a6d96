import type { SessionPlugin } from '../contract/plugin.js'
import type { CacheControl } from './cache-control.js'
import type { DeviceBinding } from './device.js'
import type { SessionCookieOptions } from './cookie-options.js'
import type { LifetimeOptions } from './lifetimes.js'
import type { SessionRejection } from './commit-error.js'

/** Result of a validation: the validated value, or the issues. */
export type DataSchemaResult<Data> =
  { readonly value: Data; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] }

/** Any schema that follows Standard Schema v1 (standardschema.dev), such as one of Zod, Valibot or ArkType. */
export interface DataSchema<Data> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => DataSchemaResult<Data> | Promise<DataSchemaResult<Data>>
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined
  }
}

export interface MaxSessionsPerUser {
  /** Greatest number of live sessions that a user has after a sign-in. */
  readonly count: number
  /** At a sign-in that exceeds the limit: end the user's oldest sessions, or reject the commit (`too_many_sessions`). */
  readonly policy: 'endOldest' | 'reject'
}

export interface SessionManagerOptions<Data extends object> extends LifetimeOptions {
  /** Any store that implements the contract. */
  readonly store: SessionPlugin
  /** Returns the data of a new session. As long as a guest's data equals it, no record and no cookie is created. */
  readonly initialData: () => Data
  /** Name and attributes of the session cookie. Default: `__Host-session`, `Secure`, `HttpOnly`, `SameSite=Lax`. */
  readonly cookie?: SessionCookieOptions | undefined
  /** `Cache-Control` of a response that sets a session cookie, unless the response is stricter. Default: `no-store`. */
  readonly cacheControl?: CacheControl | undefined
  /**
   * Treatment of a change if another request changed the session's data since this request read it. `overwrite` replaces
   * the other change. `reject` rejects the commit with a `SessionCommitError`, reason `conflict`; the store must have
   * `updateIfUnchanged` (contract O4). Default: `overwrite`.
   */
  readonly onConflict?: 'overwrite' | 'reject' | undefined
  /**
   * Time within which the signal of a watched session aborts after the session has ended, in milliseconds. Each watched
   * session is read once in this time. Default: 10 seconds.
   */
  readonly watchIntervalMs?: number | undefined
  /** Limit on the sessions of one user, enforced at sign-in. The store must list sessions (O1). Default: no limit. */
  readonly maxSessionsPerUser?: MaxSessionsPerUser | undefined
  /**
   * Schema of the session data. Stored data that fails validation, or makes the schema throw, is not used: the visitor
   * gets a new session with `initialData`, and the cookie is not cleared. A sign-in or a sign-out ends the stored session.
   * The commit rejects with `Invalid` for data that would fail validation when it is read again. Default: stored data is
   * not validated.
   */
  readonly schema?: DataSchema<Data> | undefined
  /**
   * Converts stored data of an older shape to the current one, before `schema` validates it. May be asynchronous. If it
   * throws, the data is treated as data that fails validation. Default: none.
   */
  readonly migrateData?: ((storedData: unknown) => unknown) | undefined
  /**
   * Binds sessions to the visitor's device: the result of `deviceBinding` of `@bext/session-device`. The store must create
   * sessions under given ids (O6) and compare (O4). Default: none.
   */
  readonly device?: DeviceBinding | undefined
  /**
   * Called for every session and every commit that is rejected; use it for logs and metrics. `rejection` contains no id,
   * user id or data. `cause` is the error, the schema's issues, or what `schema` or `migrateData` threw, and may quote
   * data. Errors that the hook throws are ignored. Default: none.
   */
  readonly onRejection?: ((rejection: SessionRejection, cause: unknown) => void) | undefined
}
