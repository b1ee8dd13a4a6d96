import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import { checkDatabase, rejectBareDatabase, type SqliteDatabase } from './client/client.js'
import { tableNames, type TableOptions } from './schema/table-name.js'

export interface SqliteSessionsOptions extends TableOptions {
  /**
   * A connection of `node:sqlite`, better-sqlite3 or `bun:sqlite` that only the store uses. The store never closes it, and
   * sets its `busy_timeout` to 0 and `synchronous` to `FULL`.
   */
  readonly database: SqliteDatabase
  /** Time that a call may wait for the lock of another connection, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** Largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

export interface CheckedOptions {
  readonly database: SqliteDatabase
  readonly table: string
  readonly timeoutMs: number
  readonly maxDataBytes: number
}

const factory = 'sqliteSessions'

/** Checks the options and fills in defaults. Throws a `TypeError` that names the wrong option. */
export function checkOptions(options: SqliteSessionsOptions): CheckedOptions {
  rejectBareDatabase(factory, options)
  rejectUnknownOptions(factory, options, ['database', 'table', 'timeoutMs', 'maxDataBytes'])
  const { timeoutMs = defaultTimeoutMs, maxDataBytes = defaultMaxDataBytes } = options
  return {
    database: checkDatabase(`${factory}: option database`, options.database),
    table: tableNames(factory, options).table,
    timeoutMs: checkTimeoutMs(factory, timeoutMs),
    maxDataBytes: checkPositiveInteger(factory, 'maxDataBytes', maxDataBytes),
  }
}
