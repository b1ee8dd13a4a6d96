import type { StoreHarness } from '@bext/session-conformance'
import { testConformance } from '@bext/session-conformance/vitest'
import { migrate, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, inject } from 'vitest'

const url = new URL(inject('postgresUrl'))
const admin = postgres(url.href, { max: 2, onnotice: () => {} })
const migrated = new Map<string, Promise<void>>()

function migrateOnce(table: string): Promise<void> {
  const pending = migrated.get(table) ?? migrate(admin, { table })
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

const harness: StoreHarness = {
  name: 'pg',
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

afterAll(async () => {
  for (const table of migrated.keys()) await admin`drop table ${admin(table)}`
  await admin.end({ timeout: 1 })
})

testConformance(harness, { strict: true })
