import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import type { StoreHarness } from '@bext/session-conformance'
import { expressHarness } from '@bext/session-conformance/express'
import type { ExpressStore } from '@bext/session-conformance/express'
import { load, versionsOf } from './packages.js'

interface Store extends ExpressStore {
  readonly client: EventEmitter
  readonly db: { close(callback: () => void): void }
}

/** Creates the harness of connect-sqlite3, with a file for each namespace. */
export function connectSqlite3(): StoreHarness {
  const session = load('express-session')
  const SQLiteStore = (load('connect-sqlite3') as (session: unknown) => new (options: object) => Store)(session)
  const { Database } = load('sqlite3') as {
    Database: new (file: string) => {
      all(sql: string, callback: (error: Error | null, rows: readonly unknown[]) => void): void
      close(): void
    }
  }
  return expressHarness({
    name: 'connect-sqlite3',
    versions: versionsOf('connect-sqlite3', 'sqlite3'),
    async open({ namespace }) {
      // Several stores have the file open, as processes of an app have.
      const store = new SQLiteStore({ db: `${namespace}.db`, dir: tmpdir(), concurrentDb: true })
      await once(store.client, 'connect')
      return { store, close: () => new Promise((resolve) => store.db.close(() => resolve())) }
    },
    inspect: (namespace) =>
      new Promise((resolve, reject) => {
        const database = new Database(`${tmpdir()}/${namespace}.db`)
        database.all('select * from sessions', (error, rows) => {
          database.close()
          if (error) reject(error)
          else resolve(rows.map((row) => JSON.stringify(row)))
        })
      }),
  })
}
