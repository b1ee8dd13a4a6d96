import type { Echo } from './statement-parts.js'
import { atPlace, inTime, nowMs, place } from './statement-parts.js'

/**
 * A write that has no effect once the server's clock is past $1 (contract E2). The rows are locked first, and only
 * then is the clock read, once for all of them: a wait for a lock must not let a late write through. Every step is a
 * materialized CTE, so that the planner keeps this order. The clock is cut to milliseconds, so that one equal to $1 may
 * be past it already. Answers one row: the outcome, or `late`, and the clock.
 */
function fencedWrite(echo: Echo, target: string, write: string, outcome: string, details = ''): string {
  return `with bext_target as materialized (
  ${target}
), bext_clock as materialized (
  select ${nowMs} as now_ms from (select count(*) from bext_target) as locked
), bext_written as (
  ${write}
  returning 1
)
select case when now_ms >= $1::bigint then 'late' else ${outcome} end,${details} now_ms, ${echo} from bext_clock`
}

function lockOne(table: string): string {
  return `select id, expires_at_ms, data_json from ${table} where id = $2::text for update`
}

function partitionsOf(table: string): string {
  return `pg_partition_tree(${table}::text::regclass) where isleaf`
}

/** In bytes; of the largest partition, if the table has partitions. */
function largestSize(table: string): string {
  return `coalesce((select max(pg_relation_size(relid)) from ${partitionsOf(table)}), pg_relation_size(${table}::text::regclass))`
}

function partitionCount(table: string): string {
  return `(select greatest(count(*), 1) from ${partitionsOf(table)})`
}

const doneOrMissing = `case when exists (select from bext_written) then 'done' else 'missing' end`

/** The statements of a store over one table, whose name comes quoted. In writes $1 is the fence's time. See `Echo`. */
export interface Statements {
  /** Answers the clock. */
  readonly now: string
  /** Reads no row, and fails where the table is missing or may not be read. */
  readonly health: string
  /** $2 id, $3 user or null, $4 data, $5 ttl. Outcome `done`, or `taken` for an id that is there. */
  readonly create: string
  /** $1 id. Answers id, user, created, expires, data; nulls if there is no such session. */
  readonly read: string
  /** $2 id, $3 data. Outcome `done` or `missing`. */
  readonly update: string
  /** $2 id, $3 data, $4 expected data or null for what cannot be stored. Outcome `done`, `changed` or `missing`. */
  readonly updateIfUnchanged: string
  /** $2 id, $3 ttl. Outcome `done` or `missing`. */
  readonly touch: string
  /** $2 id. Outcome `done` or `missing`. */
  readonly delete: string
  /** As `update`, `touch` and `delete`, but with outcome `busy` for all that is not done without waiting. */
  readonly updateNow: string
  readonly touchNow: string
  readonly deleteNow: string
  /** $1 user. Answers one text, or null for none: id, created and expires with commas, sessions with semicolons. */
  readonly listUser: string
  /** $2 id, $3 user. Outcome `done` or `missing`. */
  readonly endUserSession: string
  /** $2 user, $3 id to keep or null. Outcome `done` or `missing`. */
  readonly endUserSessions: string
  /**
   * $2 the most rows, $3 and $4 the places between which they are in each partition, $5 the table. Outcome: how many;
   * details: the blocks of the largest partition, and how many partitions there are, one for a table without.
   */
  readonly sweep: string
}

export function statementsFor(table: string): Statements {
  const alive = 'bext_target.expires_at_ms > bext_clock.now_ms'

  function updateOne(assignment: string, condition: string = ''): string {
    return `update ${table} as session set ${assignment} from bext_target, bext_clock
  where session.id = bext_target.id and ${alive} and ${inTime}${condition}`
  }

  // An array of ids, for which the planner always takes the primary key's index; a join of many it may hash.
  const deleteTarget = `delete from ${table} as session using bext_clock
  where session.id = any(array(select id from bext_target)) and ${inTime}`

  // The few steps that do for a row that is there, alive and free, which it is nearly always. As nothing is waited for,
  // the clock may be read at any time.
  function withoutWait(echo: Echo, write: string, condition: string): string {
    return `with bext_written as (
  ${write} (
    select ${place}, expires_at_ms, ${nowMs} as now_ms from ${table} where id = $2::text for update skip locked
  ) as bext_target
  where ${atPlace} and now_ms < $1::bigint${condition}
  returning 1
)
select case when exists (select from bext_written) then 'done' else 'busy' end, ${nowMs}, ${echo}`
  }

  function updateNow(assignment: string): string {
    const update = `update ${table} as session set ${assignment} from`
    return withoutWait('$4::text', update, ' and bext_target.expires_at_ms > now_ms')
  }

  const setData = 'data_json = $3::text'
  const setExpiry = 'expires_at_ms = now_ms + $3::bigint'

  return {
    now: `select ${nowMs}, $1::text`,

    health: `select $1::text where not exists (select from ${table} where false)`,

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
  when exists (select from bext_written) then 'done' else 'taken' end, now_ms, $6::text from bext_clock`,

    read: `select id, user_id, created_at_ms, expires_at_ms, data_json, $2::text from (select) as one
left join ${table} on id = $1::text and expires_at_ms > ${nowMs}`,

    update: fencedWrite('$4::text', lockOne(table), updateOne(setData), doneOrMissing),

    updateIfUnchanged: fencedWrite(
      '$5::text',
      lockOne(table),
      updateOne(setData, ' and bext_target.data_json = $4::text'),
      `case when exists (select from bext_written) then 'done'
  when exists (select from bext_target where ${alive}) then 'changed' else 'missing' end`,
    ),

    touch: fencedWrite('$4::text', lockOne(table), updateOne(setExpiry), doneOrMissing),

    delete: fencedWrite(
      '$3::text',
      `select id from ${table} where id = $2::text for update`,
      deleteTarget,
      doneOrMissing,
    ),

    updateNow: updateNow(setData),

    touchNow: updateNow(setExpiry),

    deleteNow: withoutWait('$3::text', `delete from ${table} as session using`, ''),

    listUser: `select string_agg(id || ',' || created_at_ms || ',' || expires_at_ms, ';' order by created_at_ms, id), $2::text
from ${table} where user_id = $1::text and expires_at_ms > ${nowMs}`,

    endUserSession: fencedWrite(
      '$4::text',
      `select id from ${table} where id = $2::text and user_id = $3::text for update`,
      deleteTarget,
      doneOrMissing,
    ),

    // Locked in one order, so that two calls for one user wait for each other instead of deadlocking.
    endUserSessions: fencedWrite(
      '$4::text',
      `select id from ${table} where user_id = $2::text and id is distinct from $3::text order by id for update`,
      deleteTarget,
      doneOrMissing,
    ),

    sweep: fencedWrite(
      '$6::text',
      `select ${place} from ${table}
  where ctid >= $3::text::tid and ctid < $4::text::tid and expires_at_ms <= (select ${nowMs})
  limit $2::bigint for update skip locked`,
      // The array has the planner go to the places, whatever it expects of their number.
      `delete from ${table} as session using bext_clock
  where session.ctid = any(array(select row_id from bext_target))
    and (session.ctid, session.tableoid) in (select row_id, row_table from bext_target) and ${inTime}`,
      '(select count(*) from bext_written)::text',
      ` ${largestSize('$5')} / current_setting('block_size')::bigint, ${partitionCount('$5')},`,
    ),
  }
}
