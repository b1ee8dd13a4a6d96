import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreHarness } from '@bext/session-conformance'
import { expressHarness } from '@bext/session-conformance/express'
import type { ExpressStore } from '@bext/session-conformance/express'
import { load, versionsOf } from './packages.js'

interface Database {
  prepare(sql: string): { all(): readonly unknown[] }
  close(): void
}

/** Creates the harness of better-sqlite3-session-store, with a file for each namespace. */
export function betterSqlite3SessionStore(): StoreHarness {
  const session = load('express-session')
  const Client = load('better-sqlite3') as new (file: string) => Database
  const SqliteStore = (
    load('better-sqlite3-session-store') as (session: unknown) => new (options: object) => ExpressStore
  )(session)

  function openFile(namespace: string): Database {
    return new Client(join(tmpdir(), `${namespace}.db`))
  }

  return expressHarness({
    name: 'better-sqlite3-session-store',
    versions: versionsOf('better-sqlite3-session-store', 'better-sqlite3'),
    open({ namespace }) {
      const client = openFile(namespace)
      return { store: new SqliteStore({ client }), close: async () => client.close() }
    },
    async inspect(namespace) {
      const client = openFile(namespace)
      try {
        return client
          .prepare('select * from sessions')
          .all()
          .map((row) => JSON.stringify(row))
      } finally {
        client.close()
      }
    },
  })
}
