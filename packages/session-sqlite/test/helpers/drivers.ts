import { createRequire } from 'node:module'
import type { SqliteDatabase } from '@bext/session-sqlite'

/** A connection that tests open and close. */
export type TestDatabase = SqliteDatabase & { close(): unknown }

type Open = (path: string, options: { readonly isReadOnly: boolean }) => TestDatabase

export const driverNames = ['node:sqlite', 'better-sqlite3'] as const

export type DriverName = (typeof driverNames)[number]

const require = createRequire(import.meta.url)

// Loaded when used: better-sqlite3 13 needs Node 22, which may not be the Node of the test runner.
const drivers: Readonly<Record<DriverName, () => Open>> = {
  'node:sqlite': () => {
    const { DatabaseSync } = require('node:sqlite')
    return (path, { isReadOnly }) => new DatabaseSync(path, { readOnly: isReadOnly })
  },
  'better-sqlite3': () => {
    const Database = require('better-sqlite3')
    return (path, { isReadOnly }) => new Database(path, { readonly: isReadOnly })
  },
}

/** Opens a database file. */
export function openDatabase(driver: DriverName, path: string, isReadOnly = false): TestDatabase {
  return drivers[driver]()(path, { isReadOnly })
}

/** Returns the driver that the script was started with. */
export function driverOf(argument: string | undefined): DriverName {
  const driver = driverNames.find((name) => name === argument)
  if (driver === undefined) throw new Error(`Expected one of ${driverNames.join(', ')}, but got ${argument}.`)
  return driver
}
