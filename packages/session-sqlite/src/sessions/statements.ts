import type { SqliteDatabase, SqliteStatement } from '../client/client.js'

/** The statements of a store, prepared on its connection. `id` is the hash of a session's id. */
export interface Statements {
  /** Values: id, user, ttl, data. Changes no row if the id is taken. */
  readonly create: SqliteStatement
  /** Values: id, user, ttl, data. Changes no row if a live session has the id. */
  readonly createWithId: SqliteStatement
  /** Value: id. Columns: user, created, expires, data. */
  readonly read: SqliteStatement
  /** Values: data, id. */
  readonly update: SqliteStatement
  /** Values: data, id, expected data. */
  readonly updateIfUnchanged: SqliteStatement
  /** Values: ttl, id. */
  readonly touch: SqliteStatement
  /** Value: id. */
  readonly delete: SqliteStatement
  readonly health: SqliteStatement
  /** Value: user. Columns: id, created, expires. */
  readonly listUser: SqliteStatement
  /** Value: user. Columns: id, created, expires, data. */
  readonly listUserRecords: SqliteStatement
  /** Values: data, id, user, expected data. */
  readonly updateUserRecord: SqliteStatement
  /** Values: id, user. Column: data. */
  readonly readUserRecord: SqliteStatement
  /** Values: id, user. */
  readonly endUserSession: SqliteStatement
  /** Values: user, id to keep or null. */
  readonly endUserSessions: SqliteStatement
  /** Value: maximum number of rows. */
  readonly sweep: SqliteStatement
}

// A statement reads the clock once it has its lock. A time from before the wait could revive an expired session.
const now = `CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`

/** Prepares the statements for a table, whose name must be quoted. */
export function prepareStatements(database: SqliteDatabase, table: string): Statements {
  const alive = `id = ? AND expires_at_ms > ${now}`
  const ofUser = `WHERE user_id = ? AND expires_at_ms > ${now} ORDER BY created_at_ms, rowid`
  const insert = `INSERT INTO ${table} (id, user_id, created_at_ms, expires_at_ms, data_json)
    SELECT ?, ?, now, now + ?, ? FROM (SELECT ${now} AS now) WHERE true ON CONFLICT (id)`
  return {
    create: database.prepare(`${insert} DO NOTHING`),
    createWithId: database.prepare(
      `${insert} DO UPDATE SET user_id = excluded.user_id, created_at_ms = excluded.created_at_ms,
        expires_at_ms = excluded.expires_at_ms, data_json = excluded.data_json
        WHERE expires_at_ms <= excluded.created_at_ms`,
    ),
    read: database.prepare(`SELECT user_id, created_at_ms, expires_at_ms, data_json FROM ${table} WHERE ${alive}`),
    update: database.prepare(`UPDATE ${table} SET data_json = ? WHERE ${alive}`),
    updateIfUnchanged: database.prepare(`UPDATE ${table} SET data_json = ? WHERE ${alive} AND data_json = ?`),
    touch: database.prepare(`UPDATE ${table} SET expires_at_ms = ${now} + ? WHERE ${alive}`),
    delete: database.prepare(`DELETE FROM ${table} WHERE id = ?`),
    health: database.prepare(`SELECT 1 FROM ${table} LIMIT 1`),
    listUser: database.prepare(`SELECT id, created_at_ms, expires_at_ms FROM ${table} ${ofUser}`),
    listUserRecords: database.prepare(`SELECT id, created_at_ms, expires_at_ms, data_json FROM ${table} ${ofUser}`),
    updateUserRecord: database.prepare(
      `UPDATE ${table} SET data_json = ? WHERE ${alive} AND user_id = ? AND data_json = ?`,
    ),
    readUserRecord: database.prepare(`SELECT data_json FROM ${table} WHERE ${alive} AND user_id = ?`),
    endUserSession: database.prepare(`DELETE FROM ${table} WHERE id = ? AND user_id = ?`),
    endUserSessions: database.prepare(`DELETE FROM ${table} WHERE user_id = ? AND id IS NOT ?`),
    sweep: database.prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at_ms <= ${now} LIMIT ?)`,
    ),
  }
}
