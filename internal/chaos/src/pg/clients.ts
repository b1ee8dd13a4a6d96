import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { timeoutMs, type OpenStore } from '../scenario.js'

/** Makes the table, by a connection that nothing breaks. */
export async function migrateAt(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  await sql.end()
}

/** A store with a connection of its own. */
export function openByUrl(url: string): OpenStore {
  const store = pgSessions({ url, timeoutMs })
  return { store, close: () => store.close() }
}

/** A store with a client of the user's, set as the README says. */
export function openByClient(url: string, options: postgres.Options<Record<string, never>> = {}): OpenStore {
  const sql = postgres(url, {
    onnotice: () => {},
    backoff: () => 0.2,
    connect_timeout: 1,
    fetch_types: false,
    ...options,
  })
  const store = pgSessions({ sql, timeoutMs })
  return {
    store,
    async close() {
      await store.close()
      await sql.end({ timeout: 1 })
    },
  }
}
