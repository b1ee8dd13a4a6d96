// Runs on each runtime, in a process started by the kit.
import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'

const url = process.env['SERVER_URL'] ?? ''

const harness: StoreHarness = {
  name: 'pg with its own connections',
  family: 'server',
  async open({ namespace }) {
    const sql = postgres(url, { max: 1, onnotice: () => undefined })
    await migrate(sql, { table: namespace })
    return {
      store: pgSessions({ url, table: namespace }),
      async close() {
        await sql`drop table ${sql(namespace)}`
        await sql.end({ timeout: 1 })
      },
    }
  },
}

export default harness
