import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, sqliteSessions, type SqliteDatabase } from '@bext/session-sqlite'
import type { Database } from 'better-sqlite3'
import createStoreClass from 'better-sqlite3-session-store'
import session, { type SessionData } from 'express-session'
import { called, toSession } from '../measure/express-store.js'
import type { Operation } from '../measure/figure.js'
import { ownStore } from '../measure/own-store.js'
import { mintId, ttlMs } from '../measure/session.js'
import type { Subject, Suite } from '../measure/suite.js'
import { versionOf } from '../measure/version-of.js'

// A read takes some microseconds, and a write waits for the disk.
function callsFactor(op: Operation): number {
  return op === 'read' ? 20 : 0.5
}

let updates = 0

/** Returns other data of the same length. SQLite writes nothing if an update changes nothing. */
function changed(dataJson: string): string {
  updates += 1
  return dataJson.replace('x'.repeat(8), String(updates).padStart(8, '0'))
}

/** Returns the bare driver as a subject: one statement for each operation, on a table like the store's. */
function rawDriver(name: string, database: Database): Subject {
  const create = database.prepare(
    'INSERT INTO sessions (id, created_at_ms, expires_at_ms, data_json) VALUES (?, ?, ?, ?)',
  )
  const read = database.prepare('SELECT user_id, created_at_ms, expires_at_ms, data_json FROM sessions WHERE id = ?')
  const update = database.prepare('UPDATE sessions SET data_json = ? WHERE id = ?')
  const touch = database.prepare('UPDATE sessions SET expires_at_ms = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?')
  return {
    name,
    callsFactor,
    async create(dataJson) {
      const id = mintId()
      const nowMs = Date.now()
      create.run(id, nowMs, nowMs + ttlMs, dataJson)
      return id
    },
    read: async (id) => read.get(id),
    update: async (id, dataJson) => update.run(changed(dataJson), id),
    touch: async (id) => touch.run(Date.now() + ttlMs, id),
    delete: async (id) => remove.run(id),
  }
}

function peerStore(database: Database): Subject {
  // Its timer cannot be stopped.
  class Store extends createStoreClass(session) {
    override startInterval(): void {}
  }
  const store = new Store({ client: database })
  return {
    name: 'better-sqlite3-session-store',
    callsFactor,
    async create(dataJson) {
      const id = mintId()
      await called((done) => store.set(id, toSession(dataJson), done))
      return id
    },
    read: (id) => called((done) => store.get(id, done)),
    update: (id, dataJson) => called((done) => store.set(id, toSession(changed(dataJson)), done)),
    touch: (id) => called((done) => store.touch(id, {} as SessionData, done)),
    delete: (id) => called((done) => store.destroy(id, done)),
  }
}

function ownSqliteStore(name: string, database: SqliteDatabase): Subject {
  const store = ownStore(name, sqliteSessions({ database }))
  return { ...store, callsFactor, update: (id, dataJson) => store.update(id, changed(dataJson)) }
}

export const sqliteSuite: Suite = {
  backend: 'sqlite',
  usual: {
    ops: ['read', 'update', 'touch', 'create', 'delete', 'mix'],
    bytes: [200, 2000],
    // Statements run one after the other in their process, however many calls wait.
    inFlight: [1],
    arrivals: ['closed'],
  },
  notes: `Each contender has a separate file, in write-ahead mode, in the folder of the system for temporary files. Each write waits
until the disk has it (\`synchronous = FULL\`), except where the name says otherwise. All exchange the data as text. Each
update has other data, because SQLite writes nothing if an update changes nothing.

- better-sqlite3: one prepared statement for each operation, on a table like the store's. It checks nothing, not even the
  expiry, and takes the time from the process. It shows the price of a statement, not of a store.
- better-sqlite3, NORMAL: the same with \`synchronous = NORMAL\`, with which a power failure can undo the last writes.
- @bext/session-sqlite, node:sqlite: the store with \`node:sqlite\`, where the first one has better-sqlite3.
- better-sqlite3-session-store: its \`get\`, \`set\`, \`touch\`, \`set\` with a new id, and \`destroy\`. It prepares its statement in
  each call. Its time includes its JSON work, and its \`set\` is an upsert.`,

  async open() {
    // Loaded here, because this release crashes in older releases of Node, which measure other backends.
    const { default: BetterSqlite } = await import('better-sqlite3')
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as {
      readonly DatabaseSync: new (path: string) => SqliteDatabase & { close(): void }
    }
    const folder = await mkdtemp(join(tmpdir(), 'bench-sqlite-'))
    async function open(name: string, level: 'FULL' | 'NORMAL' = 'FULL'): Promise<Database> {
      const database = new BetterSqlite(join(folder, `${name}.db`))
      await migrate(database)
      database.exec(`PRAGMA synchronous = ${level}`)
      return database
    }
    const [raw, normal, own] = [await open('raw'), await open('normal', 'NORMAL'), await open('own')]
    const peer = new BetterSqlite(join(folder, 'peer.db'))
    peer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const ofNode = new DatabaseSync(join(folder, 'node.db'))
    await migrate(ofNode)
    const databases = [raw, normal, own, peer, ofNode]
    const [version] = own.prepare('SELECT sqlite_version()').pluck().all() as [string]
    return {
      others: [
        rawDriver('better-sqlite3', raw),
        rawDriver('better-sqlite3, NORMAL', normal),
        ownSqliteStore('@bext/session-sqlite, node:sqlite', ofNode),
        peerStore(peer),
      ],
      store: ownSqliteStore('@bext/session-sqlite', own),
      versions: {
        SQLite: version,
        'better-sqlite3': versionOf('better-sqlite3'),
        'better-sqlite3-session-store': versionOf('better-sqlite3-session-store'),
      },
      async settle() {
        for (const database of databases) database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      },
      async close() {
        for (const database of databases) database.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}
