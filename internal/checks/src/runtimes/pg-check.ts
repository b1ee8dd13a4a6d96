// Runs on each runtime, from the packed packages.
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { moduleOf, through, type ServerHarness } from './server-check.js'

/** Opens the PostgreSQL store over postgres.js, with a table for each namespace. */
export async function openHarness(url: string): Promise<ServerHarness> {
  const { hostname, port } = new URL(url)
  const admin = postgres(url, { max: 4, onnotice: () => undefined })
  const [row] = await admin<{ version: string }[]>`select current_setting('server_version') as version`
  const tables = new Map<string, Promise<void>>()

  function migrateOnce(table: string): Promise<void> {
    const pending = tables.get(table) ?? migrate(admin, { table })
    tables.set(table, pending)
    return pending
  }

  return {
    harness: {
      name: 'pg',
      family: 'server',
      capabilities: ['user-index', 'sweep', 'close', 'compare', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { PostgreSQL: row?.version.split(' ')[0] ?? '' },
      endpoint: { host: hostname, port: Number(port || 5432) },
      module: moduleOf('./pg-child.js'),
      async open({ namespace, endpoint, timeoutMs }) {
        await migrateOnce(namespace)
        const sql = postgres(through(url, endpoint), { max: 3, onnotice: () => undefined })
        return { store: pgSessions({ client: sql, table: namespace, timeoutMs }), close: () => sql.end({ timeout: 1 }) }
      },
      async inspect(namespace) {
        const rows = await admin`select * from ${admin(namespace)}`
        return rows.map((each) => JSON.stringify(each))
      },
    },
    async end() {
      for (const table of tables.keys()) await admin`drop table ${admin(table)}`
      await admin.end({ timeout: 1 })
    },
  }
}
