import { UsageError } from '@bext/session-core/doctor'
import type { PgClient } from '../client/client.js'
import { isPostgresUrl } from '../options.js'

export interface OpenedClient {
  readonly client: PgClient
  readonly end: () => Promise<void>
}

/** Resolves to `undefined` if the package is not installed. */
async function ifInstalled<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch {
    return undefined
  }
}

const wrongUrl = 'The URL cannot be parsed. Percent-encode special characters in the user and the password.'

/**
 * Creates a client with one connection, of postgres.js or of node-postgres, whichever is installed. Rejects with a
 * `UsageError` if neither is, or if the URL is malformed.
 */
export async function openInstalledDriver(url: string, timeoutMs: number): Promise<OpenedClient> {
  if (!isPostgresUrl(url)) throw new UsageError(wrongUrl)
  const postgres = await ifInstalled(async () => (await import('postgres')).default)
  const pg = postgres === undefined ? await ifInstalled(async () => (await import('pg')).default) : undefined
  try {
    // Set nothing on the connection, because a pooler rejects settings that it does not know.
    if (postgres !== undefined) {
      const options = { max: 1, connect_timeout: timeoutMs / 1000, fetch_types: false, onnotice: () => {} }
      const client = postgres(url, options)
      return { client, end: () => client.end({ timeout: 0 }) }
    }
    if (pg !== undefined) {
      const client = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: timeoutMs })
      return { client, end: () => client.end() }
    }
  } catch {
    // The driver's error quotes the URL, which contains the password.
    throw new UsageError(wrongUrl)
  }
  throw new UsageError('The doctor needs a driver, and neither postgres nor pg is installed. Run npm install pg.')
}
