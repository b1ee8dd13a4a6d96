import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, sqliteSessions, type SqliteDatabase } from '@bext/session-sqlite'
import { UserError } from '../user-error.js'
import type { DemoStore, StoredRows } from './store.js'

type Database = SqliteDatabase & { close(): void }

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => Database
}

// Older releases of Node do not have it.
function loadSqlite(): SqliteModule | undefined {
  return process.getBuiltinModule('node:sqlite') as SqliteModule | undefined
}

function look(database: Database): StoredRows {
  const names = database.prepare("SELECT name FROM pragma_table_info('sessions')").all() as { readonly name: string }[]
  const rows = database.prepare('SELECT * FROM sessions ORDER BY created_at_ms').all() as object[]
  return { columns: names.map(({ name }) => name), rows: rows.map((row) => Object.values(row).map(String)) }
}

/** Returns true if this Node includes SQLite. */
export function hasSqlite(): boolean {
  return loadSqlite() !== undefined
}

export async function openSqliteStore(): Promise<DemoStore> {
  const sqlite = loadSqlite()
  if (sqlite === undefined) {
    const advice = 'Use a newer Node, or another store: --store memory needs no server either.'
    throw new UserError(
      `--store sqlite needs Node 22.13 or newer, but this is Node ${process.versions.node}. ${advice}`,
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'bext-demo-'))
  const path = join(folder, 'sessions.db')
  const database = new sqlite.DatabaseSync(path)
  await migrate(database)
  return {
    plugin: sqliteSessions({ database }),
    place: `in ${path}`,
    keeps: 'A row with the SHA-256 of the id, never the id.',
    isServerBacked: true,
    shows: 'every row of its table',
    look: async () => look(database),
    async close() {
      database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
