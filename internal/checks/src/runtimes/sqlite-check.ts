// Runs on each runtime, from the packed packages.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, sqliteSessions, type SqliteDatabase } from '@bext/session-sqlite'
import { moduleOf, type ServerHarness } from './server-check.js'

type Database = SqliteDatabase & { close(): unknown }
type Open = (path: string) => Database

/** Returns the class of a driver's connections. The drivers of other runtimes cannot be imported by name. */
async function openerOf(driver: string): Promise<Open> {
  const exported = (await import(driver)) as Readonly<Record<string, new (path: string) => Database>>
  const Class = exported['DatabaseSync'] ?? exported['Database'] ?? exported['default']
  if (Class === undefined) throw new Error(`${driver} exports no connection.`)
  return (path) => new Class(path)
}

/** Opens the store over a driver, with a file for each namespace. */
export async function openHarness(driver: string): Promise<ServerHarness> {
  const open = await openerOf(driver)
  const folder = mkdtempSync(join(tmpdir(), 'session-sqlite-'))
  const fileOf = (namespace: string): string => join(folder, `${namespace}.db`)
  const memory = open(':memory:')
  const version = memory.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  memory.close()
  return {
    harness: {
      name: 'sqlite',
      family: 'server',
      capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { SQLite: version.version },
      module: moduleOf('./sqlite-child.js'),
      async open({ namespace, timeoutMs }) {
        const database = open(fileOf(namespace))
        await migrate(database)
        return {
          store: sqliteSessions({ database, timeoutMs }),
          async close() {
            database.close()
          },
        }
      },
      async inspect(namespace) {
        const database = open(fileOf(namespace))
        const rows = database.prepare('SELECT * FROM sessions').all()
        database.close()
        return rows.map((row) => JSON.stringify(row))
      },
    },
    async end() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
