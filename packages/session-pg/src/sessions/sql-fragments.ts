/**
 * The last parameter of every statement, and the last column of its rows, of which there is at least one: an answer
 * tells by it which question it belongs to.
 */
export type Echo = `$${number}::text`

/** The server's clock in milliseconds since 1970, whatever its time zone. It moves on within a transaction. */
export const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint'

// Where a locked row is, which needs no second look-up. Each partition of a table has places of its own.
export const rowLocation = 'ctid as row_id, tableoid as row_table'
export const matchesLocation = 'session.ctid = row_id and session.tableoid = row_table'

/** The server time after which a write has no effect. All parameters are text, whatever types the client has. */
export const notAfterMs = '$1::text::bigint'

/** The condition of a write: the fence's time has not come. */
export const beforeFence: string = `bext_clock.now_ms < ${notAfterMs}`

/**
 * A condition that every row of a table meets. A view, which may hide rows, has no such column, so that the server
 * refuses the statement.
 */
export const ofTable = 'tableoid is not null'

/**
 * Whether row level security applies to the role, so that a row that is not found may yet exist (contract E4). Asked in
 * the statement itself, and only where a row is missing: policies may be added while a store runs.
 */
export function mayHideRows(table: string): string {
  // Doubled backslashes are read alike whatever standard_conforming_strings says.
  return `row_security_active(E'${table.replaceAll(/['\\]/g, '$&$&')}'::regclass)`
}
