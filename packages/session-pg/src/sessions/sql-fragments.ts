// The names of common table expressions begin with bext_, so that they never hide a user's table.

/**
 * The last parameter of every statement, and the last column of its rows. It shows which statement a reply belongs to: see
 * `MisroutedReplyError`. A reply without rows has no tag, so a statement that must be recognised returns at least one row.
 */
export type CorrelationTag = `$${number}::text`

/** The server's clock in milliseconds since 1970, whatever its time zone. It advances within a transaction. */
export const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** The location of a locked row, which saves a second look-up by id. Rows of two partitions can have the same ctid. */
export const rowLocation = 'ctid as row_ctid, tableoid as row_tableoid'

/** The condition that a row is the one at a location. */
export const matchesLocation = 'session.ctid = row_ctid and session.tableoid = row_tableoid'

/** The server time from which a write has no effect. All parameters are sent as text, whatever types the client has. */
export const notAfterMs = '$1::text::bigint'

/** The condition of a write: the time of its fence is not over. */
export const beforeFence: string = `bext_clock.now_ms < ${notAfterMs}`

/**
 * A condition that is true for every row of a table. A view, which may hide rows, has no such column, so the server rejects
 * the statement.
 */
export const ofTable = 'tableoid is not null'

/**
 * Returns the condition that row level security applies to the role, so that a row that is not found may still exist
 * (contract E4). The statement itself checks it, and only if a row is missing, because policies may be added while a store
 * is in use.
 */
export function mayHideRows(table: string): string {
  // In an E'' literal, doubled backslashes mean the same whatever standard_conforming_strings is.
  return `row_security_active(E'${table.replaceAll(/['\\]/g, '$&$&')}'::regclass)`
}
