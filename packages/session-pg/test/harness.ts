import { randomUUID } from 'node:crypto'
import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, inject } from 'vitest'
import { conditionsOf } from './conditions.js'

/** A harness over tables that are made so, and are dropped when all tests have run. */
export function harnessOf(
  name: string,
  layout: LayoutOptions = {},
  serverUrl: string = inject('postgresUrl'),
): StoreHarness {
  const url = new URL(serverUrl)
  // What looks on is not in the pooler's way, and holds rows beside it.
  const admin = postgres(inject('postgresUrl'), { max: 8, onnotice: () => {} })
  // Superusers and owners may do everything, so the stores use a role without such rights. PgBouncer keeps its own.
  const isDirect = serverUrl === inject('postgresUrl')
  const role = `kit_${randomUUID().replaceAll('-', '')}`
  const ready = isDirect ? admin.unsafe(`create role ${role}`) : undefined
  const migrated = new Map<string, Promise<void>>()

  async function makeTable(table: string): Promise<void> {
    await ready
    await migrate(admin, { table, ...layout })
    if (isDirect) await admin.unsafe(`grant select, insert, update, delete on ${table} to ${role}`)
  }

  function migrateOnce(table: string): Promise<void> {
    const pending = migrated.get(table) ?? makeTable(table)
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
    if (isDirect) await admin.unsafe(`drop role ${role}`)
    await admin.end({ timeout: 1 })
  })

  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'sweep', 'close', 'compare'],
    declarations: { maxDataBytes: 1_048_576 },
    endpoint: { host: url.hostname, port: Number(url.port) },
    module: { url: child.href, execArgv: ['--import', 'tsx'] },
    async open({ namespace, endpoint, timeoutMs }) {
      await migrateOnce(namespace)
      const connection = isDirect ? { role } : {}
      const sql = postgres(urlOf(endpoint), { max: 3, connection, onnotice: () => {} })
      return { store: pgSessions({ sql, table: namespace, timeoutMs }), close: () => sql.end({ timeout: 1 }) }
    },
    ...(isDirect ? { conditions: conditionsOf(admin, role) } : {}),
    async inspect(namespace) {
      const rows = await admin`select * from ${admin(namespace)}`
      return rows.map((row) => JSON.stringify(row))
    },
  }
}
