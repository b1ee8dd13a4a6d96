// Runs on each runtime, from the packed packages.
import { migrate, pgSessions, type PgClient } from '@bext/session-pg'
import { Pool } from 'pg'
import postgres from 'postgres'
import { moduleOf, through, type ServerHarness } from './server-check.js'

const max = 3

function openClient(driver: string | undefined, url: string): { client: PgClient; close: () => Promise<void> } {
  if (driver === 'pg') {
    const client = new Pool({ connectionString: url, max })
    return { client, close: () => client.end() }
  }
  const client = postgres(url, { max, onnotice: () => undefined })
  return { client, close: () => client.end({ timeout: 1 }) }
}

/** Opens the PostgreSQL store over `postgres` or `pg`, with a table for each namespace. */
export async function openHarness(url: string, driver?: string): Promise<ServerHarness> {
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
      capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { PostgreSQL: row?.version.split(' ')[0] ?? '' },
      endpoint: { host: hostname, port: Number(port || 5432) },
      module: moduleOf('./pg-child.js'),
      async open({ namespace, endpoint, timeoutMs }) {
        await migrateOnce(namespace)
        const { client, close } = openClient(driver, through(url, endpoint))
        return { store: pgSessions({ client, table: namespace, timeoutMs }), close }
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
