import type { CompareCapability } from '../contract/capabilities.js'
import type { SessionPlugin } from '../contract/plugin.js'
import type { ConnectedDevice } from './device.js'
import type { CacheControl } from './cache-control.js'
import type { OnRejection } from './commit-error.js'
import type { SessionCookies } from './cookie.js'
import type { Lifetimes } from './lifetimes.js'
import type { DataSchema, MaxSessionsPerUser } from './options.js'
import type { StoreClock } from './store-clock.js'
import type { UserSessions } from './user-sessions.js'

/** Checked options of a manager that do not depend on the type of the data. */
export interface Host {
  readonly store: SessionPlugin
  /** The same store, if the option `onConflict` is `reject`. */
  readonly comparing: CompareCapability | undefined
  readonly users: UserSessions
  readonly lifetimes: Lifetimes
  readonly clock: StoreClock
  readonly cookies: SessionCookies
  readonly cacheControl: CacheControl
  readonly watchIntervalMs: number
  readonly maxSessionsPerUser: MaxSessionsPerUser | undefined
  readonly onRejection: OnRejection | undefined
  /** The option `device`, if given. */
  readonly device: ConnectedDevice | undefined
}

/** Checked options of a manager that define its data. */
export interface DataRules<Data extends object> {
  readonly initialData: () => Data
  readonly schema: DataSchema<Data> | undefined
  readonly migrateData: ((storedData: unknown) => unknown) | undefined
}

export interface SessionContext<Data extends object> extends Host, DataRules<Data> {}
