/**
 * The last parameter of every statement, and the last column of its rows, of which there is at least one: an answer
 * tells by it which question it belongs to.
 */
export type Echo = `$${number}::text`

/** The server's clock in milliseconds since 1970, whatever its time zone. It moves on within a transaction. */
export const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint'

// Where a locked row is, which needs no second look-up. Each partition of a table has places of its own.
export const place = 'ctid as row_id, tableoid as row_table'
export const atPlace = 'session.ctid = row_id and session.tableoid = row_table'

/** The condition of a write: the fence's time has not come. */
export const inTime = 'bext_clock.now_ms < $1::bigint'
