import { migrate, pgSessions } from '@bext/session-pg'
import type { DemoStore } from './store.js'

/** Opens a store in PostgreSQL inside this process, for machines on which no server can be started. */
export async function openPgliteStore(): Promise<DemoStore> {
  // Imported here, because it takes hundreds of megabytes and the other stores do not need it.
  const { PGlite } = await import('@electric-sql/pglite')
  const client = new PGlite()
  await migrate(client)
  return {
    plugin: pgSessions({ client }),
    place: 'in this process, by PGlite',
    keeps: 'A row with the SHA-256 of the id, never the id.',
    isServerBacked: true,
    shows: 'every row of its table',
    async look() {
      const { fields, rows } = await client.query<unknown[]>('select * from sessions order by created_at_ms', [], {
        rowMode: 'array',
      })
      return { columns: fields.map(({ name }) => name), rows: rows.map((row) => row.map(String)) }
    },
    close: () => client.close(),
  }
}
