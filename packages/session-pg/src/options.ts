import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import type { PgClient } from './client/client.js'
import { checkClient, checkTextType } from './client/client.js'
import { connect } from './client/connect.js'
import type { TableOptions } from './schema/table-names.js'
import { tableNames } from './schema/table-names.js'

interface Limits extends TableOptions {
  /** How long a call may take, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** The largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

/** Either `sql`, a client of postgres.js that stays yours, or `url`, for connections that `close()` ends. */
export type PgSessionsOptions = Limits &
  ({ readonly sql: PgClient; readonly url?: undefined } | { readonly url: string; readonly sql?: undefined })

export interface CheckedOptions {
  readonly sql: PgClient
  /** Ends the store's own connections; does nothing to those that it was handed. */
  readonly end: () => Promise<void>
  readonly table: string
  readonly timeoutMs: number
  readonly maxDataBytes: number
}

const factory = 'pgSessions'

async function leaveOpen(): Promise<void> {}

/** The options with defaults. Throws a `TypeError` that names the wrong one. */
export function checkOptions(options: PgSessionsOptions): CheckedOptions {
  rejectBareOption(factory, 'sql', typeof options === 'function')
  rejectBareOption(factory, 'url', typeof options === 'string')
  rejectUnknownOptions(factory, options, ['sql', 'url', 'schema', 'table', 'timeoutMs', 'maxDataBytes'])
  const { sql, url, timeoutMs = defaultTimeoutMs, maxDataBytes = defaultMaxDataBytes } = options
  if ((sql === undefined) === (url === undefined)) {
    const given = sql === undefined ? 'neither' : 'both'
    throw new TypeError(`${factory}: expected exactly one of the options sql and url, but there are ${given}.`)
  }
  const checked = {
    table: tableNames(factory, options).table,
    timeoutMs: checkTimeoutMs(factory, timeoutMs),
    maxDataBytes: checkPositiveInteger(factory, 'maxDataBytes', maxDataBytes),
  }
  if (sql !== undefined) {
    checkClient(factory, sql, 'unsafe')
    checkTextType(factory, sql)
    return { ...checked, sql, end: leaveOpen }
  }
  if (typeof url !== 'string') {
    throw new TypeError(`${factory}: option url must be a string, but it is ${describeType(url)}.`)
  }
  return { ...checked, ...connect(factory, url, timeoutMs) }
}
