import { accessSync } from 'node:fs'
import { UsageError } from '@bext/session-core/doctor'
import type { SqliteDatabase } from '../client/client.js'

interface Database extends SqliteDatabase {
  close(): unknown
}

type DatabaseClass = new (path: string) => Database

interface NodeSqlite {
  readonly DatabaseSync: DatabaseClass
}

async function loadDriver(): Promise<DatabaseClass> {
  // Older releases of Node do not have it.
  const included = process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined
  if (included !== undefined) return included.DatabaseSync
  try {
    return (await import('better-sqlite3')).default
  } catch {
    const advice = 'Use Node 22.13 or newer, or run npm install better-sqlite3@12.'
    throw new UsageError(`The doctor needs node:sqlite or better-sqlite3. ${advice}`)
  }
}

/** Opens an existing file, by `node:sqlite` or by the better-sqlite3 that is installed. */
export async function openFile(path: string): Promise<Database> {
  // The drivers would create the file.
  accessSync(path)
  const DriverDatabase = await loadDriver()
  return new DriverDatabase(path)
}
