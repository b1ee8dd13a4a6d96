import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { StoreHarness } from '@bext/session-conformance'
import { migrate, sqliteSessions } from '@bext/session-sqlite'
import { openDatabase, type DriverName, type TestDatabase } from './helpers/drivers.js'
import { temporaryFolder } from './helpers/folder.js'

/** Creates a harness over a driver, with a file for each namespace. */
export function harnessOf(driver: DriverName): StoreHarness {
  const folder = temporaryFolder()
  const opened = new Map<string, Set<TestDatabase>>()
  const fileOf = (namespace: string): string => join(folder, `${namespace}.db`)

  /** Makes a setting of all connections to a file. The condition ends with another setting. */
  function set(namespace: string, begin: string, end: string): () => void {
    const all = (sql: string): void => opened.get(namespace)?.forEach((database) => database.exec(sql))
    all(begin)
    return () => all(end)
  }

  /** Fills the free pages, and then the last one, with ever smaller rows of other sessions. */
  function fillPages(namespace: string): () => void {
    const database = openDatabase(driver, fileOf(namespace))
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
    database.exec(`PRAGMA max_page_count = ${pages}`)
    const insert = database.prepare("INSERT INTO sessions VALUES (?, NULL, 1, 9000000000000, printf('%.*c', ?, '1'))")
    for (const bytes of [10_000, 1000, 100, 1]) {
      try {
        for (;;) insert.run(`filler ${randomUUID()}`, bytes)
      } catch {
        // The database has no room for a row of this size.
      }
    }
    database.close()
    return set(namespace, `PRAGMA max_page_count = ${pages}`, 'PRAGMA max_page_count = 1000000')
  }

  return {
    name: `sqlite, with ${driver}`,
    family: 'server',
    capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
    declarations: { maxDataBytes: 1_048_576 },
    module: { url: new URL(`child-harness.ts?driver=${driver}`, import.meta.url).href, execArgv: ['--import', 'tsx'] },
    async open({ namespace, timeoutMs }) {
      const database = openDatabase(driver, fileOf(namespace))
      await migrate(database)
      const databases = opened.get(namespace) ?? new Set()
      opened.set(namespace, databases.add(database))
      return {
        store: sqliteSessions({ database, timeoutMs }),
        async close() {
          databases.delete(database)
          database.close()
        },
      }
    },
    conditions: {
      forbid: { 'read-only': (namespace) => set(namespace, 'PRAGMA query_only = ON', 'PRAGMA query_only = OFF') },
      fill: fillPages,
    },
    async inspect(namespace) {
      const database = openDatabase(driver, fileOf(namespace))
      const rows = database.prepare("SELECT * FROM sessions WHERE id NOT LIKE 'filler%'").all()
      database.close()
      return rows.map((row) => JSON.stringify(row))
    },
  }
}
