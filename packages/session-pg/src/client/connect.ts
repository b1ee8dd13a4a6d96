import { SessionError } from '@bext/session-core'
import type postgres from 'postgres'
import type { PgAdapter } from './adapter.js'
import { postgresJsAdapter } from './postgres-js.js'

export interface OwnConnection {
  readonly adapter: PgAdapter
  /** Ends the connections. Resolves within the time limit of a call. */
  readonly end: () => Promise<void>
}

// By default the driver waits up to 20 s before it reconnects. A call would time out long before that.
const maxBackoffMs = 500

const wrongUrl = 'option url must be like postgres://user:password@host:5432/database.'

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

async function importDriver(): Promise<typeof postgres> {
  try {
    return (await import('postgres')).default
  } catch (cause) {
    const advice = 'Run npm install postgres, or pass a client of another driver.'
    throw new SessionError('failed', `The option url needs the package postgres. ${advice}`, { cause })
  }
}

async function openClient(url: string, timeoutMs: number): Promise<postgres.Sql> {
  const driver = await importDriver()
  try {
    return driver(url, {
      max: 10,
      connect_timeout: timeoutMs / 1000,
      backoff: (attempt) => Math.min(10 * 2 ** attempt, maxBackoffMs) / 1000,
      fetch_types: false,
      onnotice: () => {},
    })
  } catch {
    // The driver's error quotes the URL, which contains the password.
    throw new SessionError('failed', `pgSessions: ${wrongUrl}`)
  }
}

/**
 * Creates a client of postgres.js with up to 10 connections. The driver is imported, and connections are opened, when
 * they are first used. Throws a `TypeError` if `url` is not a PostgreSQL URL.
 */
export function connect(factory: string, url: string, timeoutMs: number): OwnConnection {
  if (!isPostgresUrl(url)) throw new TypeError(`${factory}: ${wrongUrl}`)
  let opening: Promise<{ sql: postgres.Sql; adapter: PgAdapter }> | undefined

  function open(): Promise<{ sql: postgres.Sql; adapter: PgAdapter }> {
    opening ??= openClient(url, timeoutMs).then((sql) => ({ sql, adapter: postgresJsAdapter(sql) }))
    return opening
  }

  return {
    adapter: {
      runStatement: async (statement) => (await open()).adapter.runStatement(statement),
      runScript: async (text) => (await open()).adapter.runScript(text),
    },
    async end() {
      const opened = await opening?.catch(() => undefined)
      await opened?.sql.end({ timeout: timeoutMs / 1000 })
    },
  }
}
