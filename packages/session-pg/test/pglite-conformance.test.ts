import { PGlite } from '@electric-sql/pglite'
import { testConformance } from '@bext/session-conformance/vitest'
import { migrate, pgSessions } from '@bext/session-pg'
import { afterAll } from 'vitest'

const client = new PGlite()

afterAll(() => client.close())

// Without an endpoint: PGlite runs in this process, so there is no network that could break.
testConformance({
  name: 'pg, with PGlite',
  family: 'server',
  capabilities: ['user-index', 'sweep', 'close', 'compare', 'given-id'],
  declarations: { maxDataBytes: 1_048_576 },
  async open({ namespace, timeoutMs }) {
    await migrate(client, { table: namespace })
    return { store: pgSessions({ client, table: namespace, timeoutMs }), close: async () => {} }
  },
  async inspect(namespace) {
    const { rows } = await client.query(`select * from ${namespace}`)
    return rows.map((row) => JSON.stringify(row))
  },
})
