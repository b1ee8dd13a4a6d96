import { PGlite } from '@electric-sql/pglite'
import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions } from '@bext/session-pg'
import { afterAll } from 'vitest'

const plain = { 20: String, 25: String }

/** Opens a database whose parsers and serializers, set by the application, change nothing. It closes after the tests. */
export function openPglite(): PGlite {
  const client = new PGlite({
    parsers: { 20: Number, 25: (text) => text.toUpperCase() },
    serializers: { 25: (text: string) => text.toUpperCase() },
  })
  afterAll(() => client.close())
  return client
}

/** Without an endpoint: PGlite runs in this process, so there is no network that could break. */
export function pgliteHarness(client: PGlite): StoreHarness {
  return {
    name: 'pg, with PGlite',
    family: 'server',
    capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
    declarations: { maxDataBytes: 1_048_576 },
    async open({ namespace, timeoutMs }) {
      await migrate(client, { table: namespace })
      return { store: pgSessions({ client, table: namespace, timeoutMs }), close: async () => {} }
    },
    async inspect(namespace) {
      const { rows } = await client.query(`select * from ${namespace}`, [], { parsers: plain })
      return rows.map((row) => JSON.stringify(row))
    },
  }
}
