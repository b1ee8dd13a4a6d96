import postgres from 'postgres'
import type { PgClient } from './client.js'

export interface OwnConnection {
  readonly sql: PgClient
  readonly end: () => Promise<void>
}

// The driver waits up to 20 s before it connects again; a call would be over long before that.
const maxBackoffMs = 500

function openClient(url: string, timeoutMs: number): postgres.Sql | undefined {
  if (!/^postgres(ql)?:\/\//.test(url)) return undefined
  try {
    return postgres(url, {
      max: 10,
      connect_timeout: timeoutMs / 1000,
      backoff: (attempt) => Math.min(10 * 2 ** attempt, maxBackoffMs) / 1000,
      fetch_types: false,
      onnotice: () => {},
    })
  } catch {
    // The driver's error quotes the URL, and with it the password.
    return undefined
  }
}

/** Connections of the store's own, opened when first used. Throws a `TypeError` if `url` is not a PostgreSQL URL. */
export function connect(factory: string, url: string, timeoutMs: number): OwnConnection {
  const sql = openClient(url, timeoutMs)
  if (sql === undefined) {
    throw new TypeError(`${factory}: option url must be like postgres://user:password@host:5432/database.`)
  }
  return { sql, end: () => sql.end({ timeout: timeoutMs / 1000 }) }
}
