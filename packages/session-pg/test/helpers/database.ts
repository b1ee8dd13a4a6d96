import { randomBytes } from 'node:crypto'
import { startProxy, type Proxy, type ServiceUrls } from '@bext-internal/test-services'
import { migrate, type TableOptions } from '@bext/session-pg'
import postgres from 'postgres'
import { inject, onTestFinished, type TestContext } from 'vitest'

export { rejectionOf, rejectionsOf } from '@bext-internal/test-services/test-helpers'

export const postgresUrl: ServiceUrls['postgresUrl'] = inject('postgresUrl')

/** Registers a function that runs when a test ends. Concurrent tests pass that of their context. */
export type OnFinished = TestContext['onTestFinished']

/** Options of `expect.poll` for busy machines. */
export const pollOptions = { timeout: 10_000 }

export function randomName(): string {
  return `t_${randomBytes(8).toString('hex')}`
}

/** Creates a client that ends with the test. */
export function openClient(
  options: postgres.Options<Record<string, never>> = {},
  url = postgresUrl,
  onFinished: OnFinished = onTestFinished,
): postgres.Sql {
  const sql = postgres(url, { max: 8, onnotice: () => {}, ...options })
  onFinished(() => sql.end({ timeout: 1 }))
  return sql
}

/** Starts a proxy to the server on the given port, by default on any free port. It is closed when the test ends. */
export async function openProxy(port = 0): Promise<Proxy> {
  const proxy = await startProxy(postgresUrl, port)
  onTestFinished(() => proxy.close())
  return proxy
}

/** Quotes a name for `sql.unsafe`. */
export function quoted({ schema, table }: TableOptions): string {
  return [schema, table]
    .filter((name) => name !== undefined)
    .map((name) => `"${name.replaceAll('"', '""')}"`)
    .join('.')
}

/** Creates a table that is dropped when the test ends. Open the client first, so that it is still open then. */
export async function newTable(sql: postgres.Sql, onFinished: OnFinished = onTestFinished): Promise<string> {
  const table = randomName()
  await migrate(sql, { table })
  onFinished(async () => {
    await sql`drop table ${sql(table)}`
  })
  return table
}

/** Creates a schema that is dropped, with everything in it, when the test ends. */
export async function newSchema(sql: postgres.Sql, schema = randomName()): Promise<string> {
  await sql.unsafe(`create schema ${quoted({ schema })}`)
  onTestFinished(async () => {
    await sql.unsafe(`drop schema ${quoted({ schema })} cascade`)
  })
  return schema
}

/** Creates a role without rights that is dropped when the test ends. */
export async function newRole(owner: postgres.Sql): Promise<string> {
  const role = randomName()
  await owner`create role ${owner(role)}`
  onTestFinished(async () => {
    await owner`drop owned by ${owner(role)}`
    await owner`drop role ${owner(role)}`
  })
  return role
}
