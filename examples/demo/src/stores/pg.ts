import { randomUUID } from 'node:crypto'
import { startPostgres } from '@bext-internal/test-services'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { startOrReport } from './service.js'
import type { DemoStore, StoredRows } from './store.js'

async function look(sql: postgres.Sql, table: string): Promise<StoredRows> {
  const found = await sql`select * from ${sql(table)} order by created_at_ms`
  return {
    columns: found.columns.map(({ name }) => name),
    rows: found.map((row) => Object.values(row).map(String)),
  }
}

export async function openPgStore(): Promise<DemoStore> {
  const service = await startOrReport(startPostgres, '\nOr use --store pglite, which needs no server.')
  // Other applications may use the same server.
  const table = `bext_demo_${randomUUID().slice(0, 8)}`
  const sql = postgres(service.url, { onnotice() {} })

  async function end(): Promise<void> {
    await sql.end({ timeout: 5 })
    await service.stop()
  }

  try {
    await migrate(sql, { table })
  } catch (error) {
    await end()
    throw error
  }
  return {
    plugin: pgSessions({ client: sql, table }),
    place: `at ${new URL(service.url).host}`,
    keeps: 'A row with the SHA-256 of the id, never the id.',
    isServerBacked: true,
    shows: 'every row of its table',
    look: () => look(sql, table),
    async close() {
      try {
        await sql`drop table ${sql(table)}`
      } finally {
        await end()
      }
    },
  }
}
