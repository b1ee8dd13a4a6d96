import { randomBytes } from 'node:crypto'
import type { ServiceUrls } from '@bext-internal/test-services'
import type { SessionError } from '@bext/session-core'
import { isSessionError } from '@bext/session-core'
import type { TableOptions } from '@bext/session-pg'
import { migrate } from '@bext/session-pg'
import postgres from 'postgres'
import { expect, inject, onTestFinished } from 'vitest'

export const postgresUrl: ServiceUrls['postgresUrl'] = inject('postgresUrl')

/** For `expect.poll`, on machines that are busy. */
export const patient = { timeout: 10_000 }

export function randomName(): string {
  return `t_${randomBytes(8).toString('hex')}`
}

/** A client that ends with the test. */
export function openClient(options: postgres.Options<Record<string, never>> = {}, url = postgresUrl): postgres.Sql {
  const sql = postgres(url, { max: 8, onnotice: () => {}, ...options })
  onTestFinished(() => sql.end({ timeout: 1 }))
  return sql
}

/** A name quoted for `sql.unsafe`. */
export function quoted({ schema, table }: TableOptions): string {
  return [schema, table]
    .filter((name) => name !== undefined)
    .map((name) => `"${name.replaceAll('"', '""')}"`)
    .join('.')
}

/** A table of the test's own, dropped when it ends. Open the client before, so that it still serves then. */
export async function newTable(sql: postgres.Sql): Promise<string> {
  const table = randomName()
  await migrate(sql, { table })
  onTestFinished(async () => {
    await sql`drop table ${sql(table)}`
  })
  return table
}

/** A schema of the test's own, dropped with all that it holds when the test ends. */
export async function newSchema(sql: postgres.Sql, schema = randomName()): Promise<string> {
  await sql.unsafe(`create schema ${quoted({ schema })}`)
  onTestFinished(async () => {
    await sql.unsafe(`drop schema ${quoted({ schema })} cascade`)
  })
  return schema
}

/** What the promise rejects with, which must be a `SessionError`. */
export async function rejectionOf(promise: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(isSessionError(error), 'it rejects with a SessionError').toBe(true)
  return error as SessionError
}

/** What each of them rejects with. */
export function rejectionsOf(promises: readonly Promise<unknown>[]): Promise<SessionError[]> {
  return Promise.all(promises.map(rejectionOf))
}
