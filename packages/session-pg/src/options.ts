import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import type { PgAdapter } from './client/adapter.js'
import { adapterFor, isClient, type PgClient } from './client/client.js'
import { tableNames, type TableOptions } from './schema/table-names.js'

interface SharedOptions extends TableOptions {
  /** Time limit of a call, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** Largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

/**
 * Options of `pgSessions`. Pass exactly one of `client`, which the store never ends, and `url`, for connections that the
 * store opens with postgres.js and `close()` ends.
 */
export type PgSessionsOptions = SharedOptions &
  ({ readonly client: PgClient; readonly url?: undefined } | { readonly url: string; readonly client?: undefined })

export interface CheckedOptions {
  readonly source: { readonly client: PgAdapter } | { readonly url: string }
  readonly table: string
  readonly timeoutMs: number
  readonly maxDataBytes: number
}

const factory = 'pgSessions'

/** Returns true for a URL that drivers of PostgreSQL can parse. Several hosts are separated by commas. */
export function isPostgresUrl(url: string): boolean {
  try {
    // The parser accepts one host only.
    const { username, password } = new URL(url.replace(/,[^@/?]*(?=[/?]|$)/, ''))
    return /^postgres(ql)?:\/\//.test(url) && decodeURIComponent(username + password) !== undefined
  } catch {
    return false
  }
}

function checkUrl(url: unknown): string {
  if (typeof url !== 'string') {
    throw new TypeError(`${factory}: option url must be a string, but it is ${describeType(url)}.`)
  }
  if (!isPostgresUrl(url))
    throw new TypeError(`${factory}: option url must be like postgres://user:password@host:5432/database.`)
  return url
}

/** Checks the options and fills in defaults. Throws a `TypeError` that names the wrong option. */
export function checkOptions(options: PgSessionsOptions): CheckedOptions {
  rejectBareOption(factory, 'client', isClient(options))
  rejectBareOption(factory, 'url', typeof options === 'string')
  rejectUnknownOptions(factory, options, ['client', 'url', 'schema', 'table', 'timeoutMs', 'maxDataBytes'])
  const { client, url, timeoutMs = defaultTimeoutMs, maxDataBytes = defaultMaxDataBytes } = options
  if ((client === undefined) === (url === undefined)) {
    const given = client === undefined ? 'neither' : 'both'
    throw new TypeError(`${factory}: expected exactly one of the options client and url, but got ${given}.`)
  }
  return {
    source: client === undefined ? { url: checkUrl(url) } : { client: adapterFor(factory, client) },
    table: tableNames(factory, options).table,
    timeoutMs: checkTimeoutMs(factory, timeoutMs),
    maxDataBytes: checkPositiveInteger(factory, 'maxDataBytes', maxDataBytes),
  }
}
