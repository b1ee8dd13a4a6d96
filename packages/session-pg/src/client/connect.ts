import postgres from 'postgres'
import type { PgClient } from './client.js'

export interface OwnConnection {
  readonly sql: PgClient
  /** Ends the connections. Resolves within the time limit of a call. */
  readonly end: () => Promise<void>
}

// By default the driver waits up to 20 s before it reconnects. A call would time out long before that.
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
    // The driver's error quotes the URL, which contains the password.
    return undefined
  }
}

/**
 * Creates a client with up to 10 connections, which are opened when they are first used. Throws a `TypeError` if `url` is
 * not a PostgreSQL URL.
 */
export function connect(factory: string, url: string, timeoutMs: number): OwnConnection {
  const sql = openClient(url, timeoutMs)
  if (sql === undefined) {
    throw new TypeError(`${factory}: option url must be like postgres://user:password@host:5432/database.`)
  }
  return { sql, end: () => sql.end({ timeout: timeoutMs / 1000 }) }
}
