import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, inject } from 'vitest'

/** A harness over tables that are made so, and are dropped when all tests have run. */
export function harnessOf(
  name: string,
  layout: LayoutOptions = {},
  serverUrl: string = inject('postgresUrl'),
): StoreHarness {
  const url = new URL(serverUrl)
  // What looks on is not in the pooler's way.
  const admin = postgres(inject('postgresUrl'), { max: 2, onnotice: () => {} })
  const migrated = new Map<string, Promise<void>>()

  function migrateOnce(table: string): Promise<void> {
    const pending = migrated.get(table) ?? migrate(admin, { table, ...layout })
    migrated.set(table, pending)
    return pending
  }

  function urlOf(endpoint: { host: string; port: number } | undefined): string {
    const through = new URL(url)
    if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
    return through.href
  }

  const child = new URL('./child-harness.ts', import.meta.url)
  child.searchParams.set('url', url.href)

  afterAll(async () => {
    for (const table of migrated.keys()) await admin`drop table ${admin(table)}`
    await admin.end({ timeout: 1 })
  })

  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'sweep', 'close', 'compare'],
    declares: { maxDataBytes: 1_048_576 },
    endpoint: { host: url.hostname, port: Number(url.port) },
    module: { url: child.href, execArgv: ['--import', 'tsx'] },
    async open({ namespace, endpoint, timeoutMs }) {
      await migrateOnce(namespace)
      const sql = postgres(urlOf(endpoint), { max: 3, onnotice: () => {} })
      return { store: pgSessions({ sql, table: namespace, timeoutMs }), close: () => sql.end({ timeout: 1 }) }
    },
    async inspect(namespace) {
      const rows = await admin`select * from ${admin(namespace)}`
      return rows.map((row) => JSON.stringify(row))
    },
  }
}
