import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'

// Loaded in a separate process. The query of this module's URL names the server.
const url = new URL(import.meta.url).searchParams.get('url') ?? ''

const harness: StoreHarness = {
  name: 'pg with a URL',
  family: 'server',
  async open({ namespace }) {
    const sql = postgres(url, { max: 1, onnotice: () => {} })
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
