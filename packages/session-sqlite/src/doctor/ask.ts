import { isSessionError } from '@bext/session-core'
import { problem, skipped, type Finding } from '@bext/session-core/doctor'
import { valuesOf, type SqliteDatabase, type SqliteValue } from '../client/client.js'

/** Returns the values of the first row, or none. */
export function rowOf(
  database: SqliteDatabase,
  sql: string,
  ...values: readonly SqliteValue[]
): readonly (SqliteValue | undefined)[] {
  return valuesOf(database.prepare(sql).get(...values)) ?? []
}

/** Returns the first value of each row. */
export function firstsOf(database: SqliteDatabase, sql: string, ...values: readonly SqliteValue[]): readonly string[] {
  return database
    .prepare(sql)
    .all(...values)
    .map((row) => String(valuesOf(row)?.[0]))
}

/** Runs a check. If the database does not let it run, resolves to a finding that says so. */
export async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    if (!isSessionError(error)) throw error
    const cause = error.cause instanceof Error ? ` ${error.cause.message}` : ''
    return [problem(subject, skipped, `${error.message}${cause}`, 'Remove the cause, and run the doctor again.')]
  }
}
