import { DatabaseSync } from 'node:sqlite'
import type { CloseCapability, SessionPlugin, SweepCapability } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { checkCreateOptions, checkDataJson, checkMaxRecords, checkTtlMs } from '@bext/session-core/store-helpers'
import { checkSessionId, hashSessionId, isServerBackedId, mintSessionId } from '@bext/session-core/store-helpers'
import { checkTimeoutMs, describeType, rejectUnknownOptions, toBackendError } from '@bext/session-core/store-helpers'
import { defaultMaxDataBytes as maxDataBytes, defaultTimeoutMs, notFound } from '@bext/session-core/store-helpers'

export type SqliteSessions = SessionPlugin & SweepCapability & CloseCapability

export interface SqliteSessionsOptions {
  /** Path of the database file. The store creates the file if it is missing, but not its folder. */
  readonly path: string
  /** The time that a call may wait for another process's write, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const schema = `
  CREATE TABLE IF NOT EXISTS sessions (
    id_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT,
    data_json TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires_at_ms);`

// SQLite reads its clock once a statement has its lock. A time from before the wait could revive an expired session.
const now = `CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`
const columns = 'user_id AS userId, data_json AS dataJson, created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs'
type Row = { userId: string | null; dataJson: string; createdAtMs: number; expiresAtMs: number }

function prepare(db: DatabaseSync) {
  const alive = `id_hash = ? AND expires_at_ms > ${now}`
  const expired = `SELECT rowid FROM sessions WHERE expires_at_ms <= ${now} LIMIT ?`
  return {
    create: db.prepare(`INSERT INTO sessions VALUES (?, ?, ?, ${now}, ${now} + ?) ON CONFLICT DO NOTHING`),
    read: db.prepare(`SELECT ${columns} FROM sessions WHERE ${alive}`),
    update: db.prepare(`UPDATE sessions SET data_json = ? WHERE ${alive}`),
    touch: db.prepare(`UPDATE sessions SET expires_at_ms = ${now} + ? WHERE ${alive}`),
    delete: db.prepare('DELETE FROM sessions WHERE id_hash = ?'),
    sweep: db.prepare(`DELETE FROM sessions WHERE rowid IN (${expired})`),
    ping: db.prepare('SELECT 1 FROM sessions LIMIT 1'),
  }
}

// The lowest byte is the error, SQLITE_BUSY. The other bytes are its kind.
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

function open(path: string, timeoutMs: number) {
  const giveUpAtMs = performance.now() + timeoutMs
  for (;;) {
    const db = new DatabaseSync(path)
    try {
      db.exec(`PRAGMA busy_timeout = ${timeoutMs}; ${schema} PRAGMA journal_mode = WAL`)
      return { db, sql: prepare(db) }
    } catch (error) {
      db.close()
      // SQLite refuses the switch to WAL without waiting if another process writes to the file.
      if (!isBusy(error) || performance.now() > giveUpAtMs) throw error
    }
  }
}

/** Stores sessions in an SQLite file, for the processes of one machine. Throws a `TypeError` for a wrong option. */
export function sqliteSessions(options: SqliteSessionsOptions): SqliteSessions {
  rejectUnknownOptions('sqliteSessions', options, ['path', 'timeoutMs'])
  const { path, timeoutMs = defaultTimeoutMs } = options
  if (typeof path !== 'string') {
    throw new TypeError(`sqliteSessions: option path must be a string, but it is ${describeType(path)}.`)
  }
  checkTimeoutMs('sqliteSessions', timeoutMs)
  let opened: ReturnType<typeof open> | undefined
  let closed = false

  function run<T>(work: (sql: ReturnType<typeof prepare>) => T): T {
    if (closed) throw new SessionError('closed', 'The store was closed.')
    try {
      opened ??= open(path, timeoutMs)
      return work(opened.sql)
    } catch (error) {
      throw toBackendError(error, isBusy(error) ? 'timeout' : 'failed')
    }
  }

  return {
    name: 'sqlite',

    async create(createOptions) {
      const { userId = null, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      // Some releases of node:sqlite read a text only up to its first NUL.
      if (userId?.includes('\0')) throw new SessionError('bad_argument', 'userId contains a NUL, which is not stored.')
      for (;;) {
        const id = mintSessionId()
        const { changes } = run((sql) => sql.create.run(hashSessionId(id), userId, dataJson, ttlMs))
        if (changes === 1) return id
      }
    },

    async read(id) {
      const hash = hashSessionId(checkSessionId(id))
      const row = run((sql) => sql.read.get(hash)) as Row | undefined
      if (row === undefined) throw notFound()
      return { id, ...row, userId: row.userId ?? undefined }
    },

    async update(id, dataJson) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkDataJson(dataJson, maxDataBytes)
      if (run((sql) => sql.update.run(checked, hash)).changes === 0) throw notFound()
      return id
    },

    async touch(id, ttlMs) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkTtlMs(ttlMs)
      if (run((sql) => sql.touch.run(checked, hash)).changes === 0) throw notFound()
      return id
    },

    async delete(id) {
      if (isServerBackedId(id)) run((sql) => sql.delete.run(hashSessionId(id)))
    },

    async isHealthy() {
      try {
        run((sql) => sql.ping.get())
        return true
      } catch {
        return false
      }
    },

    async sweep({ maxRecords } = {}) {
      const limit = checkMaxRecords(maxRecords)
      const removed = Number(run((sql) => sql.sweep.run(limit)).changes)
      return { removed, more: removed === limit }
    },

    async close() {
      closed = true
      opened?.db.close()
      opened = undefined
    },
  }
}
