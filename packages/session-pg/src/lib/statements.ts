/** The server's clock in milliseconds since 1970, whatever its time zone. It moves on within a transaction. */
const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint'

/**
 * A write that has no effect once the server's clock is past $1 (contract E2). The rows are locked first, and only
 * then is the clock read, once for all of them: a wait for a lock must not let a late write through. Every step is a
 * materialized CTE, so that the planner keeps this order. The clock is cut to milliseconds, so that one equal to $1 may
 * be past it already. Answers one row: the outcome, or `late`, and the clock.
 */
function fencedWrite(target: string, write: string, outcome: string): string {
  return `with bext_target as materialized (
  ${target}
), bext_clock as materialized (
  select ${nowMs} as now_ms from (select count(*) from bext_target) as locked
), bext_written as (
  ${write}
  returning 1
)
select case when now_ms >= $1::bigint then 'late' else ${outcome} end, now_ms from bext_clock`
}

const doneOrMissing = `case when exists (select from bext_written) then 'done' else 'missing' end`

/** The statements of a store over one table, whose name comes quoted. In writes $1 is the fence's time. */
export interface Statements {
  /** Answers the clock. */
  readonly now: string
  /** $2 id, $3 user or null, $4 data, $5 ttl. Outcome `done`, or `taken` for an id that is there. */
  readonly create: string
  /** $1 id. Answers user, data, created, expires. */
  readonly read: string
  /** $2 id, $3 data. Outcome `done` or `missing`. */
  readonly update: string
  /** $2 id, $3 data, $4 expected data or null for what cannot be stored. Outcome `done`, `changed` or `missing`. */
  readonly updateIfUnchanged: string
  /** $2 id, $3 ttl. Outcome `done` or `missing`. */
  readonly touch: string
  /** $2 id. Outcome `done` or `missing`. */
  readonly delete: string
  /** $1 user. Answers id, created, expires. */
  readonly listUser: string
  /** $2 id, $3 user. Outcome `done` or `missing`. */
  readonly endUserSession: string
  /** $2 user, $3 id to keep or null. Outcome `done` or `missing`. */
  readonly endUserSessions: string
  /** $2 the most rows. Outcome: the number of rows removed. */
  readonly sweep: string
}

export function statementsFor(table: string): Statements {
  const lockOne = `select id, expires_at_ms, data_json from ${table} where id = $2::text for update`
  const alive = 'bext_target.expires_at_ms > bext_clock.now_ms'
  const inTime = 'bext_clock.now_ms < $1::bigint'

  function updateOne(assignment: string, condition: string = ''): string {
    return `update ${table} as session set ${assignment} from bext_target, bext_clock
  where session.id = bext_target.id and ${alive} and ${inTime}${condition}`
  }

  // An array of ids, for which the planner always takes the primary key's index; a join of many it may hash.
  const deleteTarget = `delete from ${table} as session using bext_clock
  where session.id = any(array(select id from bext_target)) and ${inTime}`

  return {
    now: `select ${nowMs}`,

    create: `with bext_clock as materialized (
  select ${nowMs} as now_ms
), bext_written as (
  insert into ${table} (id, user_id, data_json, created_at_ms, expires_at_ms)
  select $2::text, $3::text, $4::text, now_ms, now_ms + $5::bigint from bext_clock where ${inTime}
  on conflict (id) do nothing
  returning 1
)
select case
  when now_ms >= $1::bigint then 'late'
  when exists (select from bext_written) then 'done' else 'taken' end, now_ms from bext_clock`,

    read: `select user_id, data_json, created_at_ms, expires_at_ms from ${table}
where id = $1::text and expires_at_ms > ${nowMs}`,

    update: fencedWrite(lockOne, updateOne('data_json = $3::text'), doneOrMissing),

    updateIfUnchanged: fencedWrite(
      lockOne,
      updateOne('data_json = $3::text', ' and bext_target.data_json = $4::text'),
      `case when exists (select from bext_written) then 'done'
  when exists (select from bext_target where ${alive}) then 'changed' else 'missing' end`,
    ),

    touch: fencedWrite(lockOne, updateOne('expires_at_ms = bext_clock.now_ms + $3::bigint'), doneOrMissing),

    delete: fencedWrite(`select id from ${table} where id = $2::text for update`, deleteTarget, doneOrMissing),

    listUser: `select id, created_at_ms, expires_at_ms from ${table}
where user_id = $1::text and expires_at_ms > ${nowMs} order by created_at_ms, id`,

    endUserSession: fencedWrite(
      `select id from ${table} where id = $2::text and user_id = $3::text for update`,
      deleteTarget,
      doneOrMissing,
    ),

    // Locked in one order, so that two calls for one user wait for each other instead of deadlocking.
    endUserSessions: fencedWrite(
      `select id from ${table} where user_id = $2::text and id is distinct from $3::text order by id for update`,
      deleteTarget,
      doneOrMissing,
    ),

    sweep: fencedWrite(
      `select ctid as row_id from ${table} where expires_at_ms <= (select ${nowMs})
  limit $2::bigint for update skip locked`,
      `delete from ${table} as session using bext_clock
  where session.ctid = any(array(select row_id from bext_target)) and ${inTime}`,
      '(select count(*) from bext_written)::text',
    ),
  }
}
