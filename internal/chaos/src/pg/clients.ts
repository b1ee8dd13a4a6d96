import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { timeoutMs, type OpenStore } from '../scenario.js'

/** Creates the table, over a connection that nothing disturbs. */
export async function migrateAt(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  await sql.end()
}

/** Opens a store that opens its own connection. */
export function openByUrl(url: string): OpenStore {
  const store = pgSessions({ url, timeoutMs })
  return { store, close: () => store.close() }
}

/** Opens a store over a client with the options that the README of the store advises. */
export function openByClient(url: string, options: postgres.Options<Record<string, never>> = {}): OpenStore {
  const sql = postgres(url, {
    onnotice: () => {},
    backoff: () => 0.2,
    connect_timeout: 1,
    fetch_types: false,
    ...options,
  })
  const store = pgSessions({ client: sql, timeoutMs })
  return {
    store,
    async close() {
      await store.close()
      await sql.end({ timeout: 1 })
    },
  }
}
