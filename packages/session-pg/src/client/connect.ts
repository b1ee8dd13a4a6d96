import { SessionError } from '@bext/session-core'
import type postgres from 'postgres'
import type { CheckedOptions } from '../options.js'
import type { PgAdapter } from './adapter.js'
import { postgresJsAdapter } from './postgres-js.js'

/** The client of a store. */
export interface OpenClient {
  readonly client: PgAdapter
  /** Ends the connections that the store opened, within the time limit of a call. Does nothing to a given client. */
  readonly close: () => Promise<void>
}

// By default the driver waits up to 20 s before it reconnects. A call would time out long before that.
const maxBackoffMs = 500

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
    throw new SessionError('failed', 'postgres.js rejects the option url. Check its parameters.')
  }
}

/**
 * Creates a client of postgres.js with up to 10 connections. The driver is imported, and connections are opened, when
 * they are first used.
 */
function createOwnClient(url: string, timeoutMs: number): OpenClient {
  let opening: Promise<{ sql: postgres.Sql; adapter: PgAdapter }> | undefined

  function open(): Promise<{ sql: postgres.Sql; adapter: PgAdapter }> {
    opening ??= openClient(url, timeoutMs).then((sql) => ({ sql, adapter: postgresJsAdapter(sql) }))
    return opening
  }

  return {
    client: {
      runStatement: async (statement) => (await open()).adapter.runStatement(statement),
      runScript: async (text) => (await open()).adapter.runScript(text),
    },
    async close() {
      const opened = await opening?.catch(() => undefined)
      await opened?.sql.end({ timeout: timeoutMs / 1000 })
    },
  }
}

/** Returns the given client, or a new one for the URL that connects on its first statement. */
export function connect(source: CheckedOptions['source'], timeoutMs: number): OpenClient {
  return 'url' in source ? createOwnClient(source.url, timeoutMs) : { client: source.client, close: async () => {} }
}
