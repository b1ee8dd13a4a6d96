import { randomUUID } from 'node:crypto'
import { urlThrough } from '@bext-internal/test-services/test-helpers'
import type { StoreHarness } from '@bext/session-conformance'
import { migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, inject } from 'vitest'
import { conditionsOf } from './helpers/conditions.js'
import { drivers, type Driver } from './helpers/drivers.js'

interface Setup {
  readonly layout?: LayoutOptions
  readonly serverUrl?: string
  readonly driver?: Driver
}

/** Creates a harness over tables with this layout. They are dropped when all tests have run. */
export function harnessOf(
  name: string,
  { layout = {}, serverUrl = inject('postgresUrl'), driver = drivers['postgres.js'] }: Setup = {},
): StoreHarness {
  const url = new URL(serverUrl)
  // Connects directly, so that inspecting and locking rows do not depend on the pooler.
  const admin = postgres(inject('postgresUrl'), { max: 8, onnotice: () => {} })
  // Superusers and owners have all rights, so the stores use a role without them. PgBouncer cannot change the role.
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
    capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
    declarations: { maxDataBytes: 1_048_576 },
    endpoint: { host: url.hostname, port: Number(url.port) },
    module: { url: child.href, execArgv: ['--import', 'tsx'] },
    async open({ namespace, endpoint, timeoutMs }) {
      await migrateOnce(namespace)
      const { client, end } = driver.open(urlThrough(serverUrl, endpoint), { max: 3, ...(isDirect && { role }) })
      return { store: pgSessions({ client, table: namespace, timeoutMs }), close: end }
    },
    ...(isDirect ? { conditions: conditionsOf(admin, role) } : {}),
    async inspect(namespace) {
      const rows = await admin`select * from ${admin(namespace)}`
      return rows.map((row) => JSON.stringify(row))
    },
  }
}
