import type { Echo } from './sql-fragments.js'
import { matchesLocation, beforeFence, mayHideRows, notAfterMs, nowMs, ofTable, rowLocation } from './sql-fragments.js'

/**
 * A write that has no effect once the server's clock is past $1 (contract E2). It waits for no row lock: what somebody
 * else has locked stays as it is, and the outcome is `busy`. Every step is a materialized CTE, so that the planner keeps
 * the order. The clock is cut to milliseconds, so that one equal to $1 may be past it already. Answers one row: the
 * outcome, or `late`, and the clock.
 */
function fencedWrite(echo: Echo, target: string, write: string, outcome: string, details = ''): string {
  return `with bext_target as materialized (
  ${target}
), bext_clock as materialized (
  select ${nowMs} as now_ms from (select count(*) from bext_target) as locked
), bext_written as (
  ${write}
  returning session.id
)
select case when now_ms >= ${notAfterMs} then 'late' ${outcome} end,${details} now_ms, ${echo} from bext_clock`
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

const targets = '(select count(*) from bext_target)'
const written = '(select count(*) from bext_written)'

/**
 * The statements of a store over one table, whose name comes quoted. In writes $1 is the fence's time. See `Echo`.
 * Besides those that are named, the outcome of a write is `busy` if somebody else has locked what it is about, `hidden`
 * if row level security may keep it from the role, and `refused` if a trigger has kept the server from doing it.
 */
export interface Statements {
  /** Answers the clock. */
  readonly now: string
  /** Reads no row, and fails where the table is missing or may not be read. */
  readonly health: string
  /**
   * $2 id, $3 user or null, $4 data, $5 ttl. Outcome `done`, or `taken` for an id that is there. An id that somebody else
   * has committed at the same time is `refused` once, and then `taken`.
   */
  readonly create: string
  /** $1 id. Answers id, user, created, expires, data; nulls if there is no such session, but `hidden` for the id. */
  readonly read: string
  /** $2 id, $3 data, $4 expected data or null for what cannot be stored. Outcome `done`, `changed` or `missing`. */
  readonly updateIfUnchanged: string
  /** $2 id, $3 data. Outcome `done`, or `busy` for all that is not. */
  readonly updateNow: string
  /** $2 id, $3 ttl. Outcome as of `updateNow`. */
  readonly touchNow: string
  /** $2 id. Outcome as of `updateNow`. */
  readonly deleteNow: string
  /** $1 user. Answers one text, or null for none, or `hidden`: id, created and expires with commas, sessions with semicolons. */
  readonly listUser: string
  /** $2 id, $3 user. Outcome `done` or `missing`. */
  readonly endUserSession: string
  /** $2 user, $3 id to keep or null. Outcome `done`, or `busy` if some are left. */
  readonly endUserSessions: string
  /**
   * $2 the most rows, $3 and $4 the places between which they are in each partition, $5 the table. Outcome: how many;
   * details: the blocks of the largest partition, and how many partitions there are, one for a table without.
   */
  readonly sweep: string
}

export function statementsFor(table: string): Statements {
  const alive = 'bext_target.expires_at_ms > bext_clock.now_ms'
  const hidden = mayHideRows(table)

  // An array of ids, for which the planner always takes the primary key's index; a join of many it may hash.
  const deleteTarget = `delete from ${table} as session using bext_clock
  where session.id = any(array(select id from bext_target)) and ${beforeFence}`

  /** What became of one row that was not written, and was not locked for it either. */
  function notLocked(condition: string): string {
    return `when ${hidden} then 'hidden' when exists (select from ${table} where ${condition}) then 'busy' else 'missing'`
  }

  // The few steps that do for a row that is there, alive and free, which it is nearly always. As nothing is waited for,
  // the clock may be read at any time.
  function withoutWait(echo: Echo, lock: string, write: string, condition: string): string {
    return `with bext_written as (
  ${write} (
    select ${rowLocation}, expires_at_ms, ${nowMs} as now_ms from ${table} where id = $2::text ${lock} skip locked
  ) as bext_target
  where ${matchesLocation} and now_ms < ${notAfterMs}${condition}
  returning 1
)
select case when exists (select from bext_written) then 'done' else 'busy' end, ${nowMs}, ${echo}`
  }

  // A foreign key that refers to the session does not conflict with this lock.
  function updateNow(assignment: string): string {
    const update = `update ${table} as session set ${assignment} from`
    return withoutWait('$4::text', 'for no key update', update, ' and bext_target.expires_at_ms > now_ms')
  }

  // The array has the planner go to the places, whatever it expects of their number.
  const swept = `session.ctid = any(array(select row_id from bext_target))
    and (session.ctid, session.tableoid) in (select row_id, row_table from bext_target)`

  return {
    now: `select ${nowMs}, $1::text`,

    health: `select $1::text where not exists (select from ${table} where false)`,

    create: `with bext_clock as materialized (
  select ${nowMs} as now_ms
), bext_written as (
  insert into ${table} (id, user_id, data_json, created_at_ms, expires_at_ms)
  select $2::text, $3::text, $4::text, now_ms, now_ms + $5::text::bigint from bext_clock where ${beforeFence}
  on conflict (id) do nothing
  returning 1
)
select case
  when now_ms >= ${notAfterMs} then 'late'
  when exists (select from bext_written) then 'done'
  when exists (select from ${table} where id = $2::text) then 'taken'
  when ${hidden} then 'hidden' else 'refused' end, now_ms, $6::text from bext_clock`,

    read: `select coalesce(id, case when ${hidden} then 'hidden' end), user_id, created_at_ms, expires_at_ms, data_json, $2::text
from (select) as one left join ${table} on id = $1::text and expires_at_ms > ${nowMs} and ${ofTable}`,

    updateIfUnchanged: fencedWrite(
      '$5::text',
      `select ${rowLocation}, id, expires_at_ms, data_json from ${table} where id = $2::text for no key update skip locked`,
      `update ${table} as session set data_json = $3::text from bext_target, bext_clock
  where session.id = bext_target.id and ${alive} and ${beforeFence} and bext_target.data_json = $4::text`,
      `when exists (select from bext_written) then 'done'
  when exists (select from bext_target where ${alive} and data_json = $4::text) then 'refused'
  when exists (select from bext_target where ${alive}) then 'changed'
  when exists (select from bext_target) then 'missing' ${notLocked('id = $2::text')}`,
    ),

    updateNow: updateNow('data_json = $3::text'),

    touchNow: updateNow('expires_at_ms = now_ms + $3::text::bigint'),

    deleteNow: withoutWait('$3::text', 'for update', `delete from ${table} as session using`, ''),

    listUser: `select case when ${hidden} then 'hidden' else
  string_agg(id || ',' || created_at_ms || ',' || expires_at_ms, ';' order by created_at_ms, id) end, $2::text
from ${table} where user_id = $1::text and expires_at_ms > ${nowMs} and ${ofTable}`,

    endUserSession: fencedWrite(
      '$4::text',
      `select ${rowLocation}, id from ${table} where id = $2::text and user_id = $3::text for update skip locked`,
      deleteTarget,
      `when exists (select from bext_written) then 'done'
  when exists (select from bext_target) then 'refused' ${notLocked('id = $2::text and user_id = $3::text')}`,
    ),

    // Locked in one order, so that two calls for one user do not deadlock.
    endUserSessions: fencedWrite(
      '$4::text',
      `select ${rowLocation}, id from ${table} where user_id = $2::text and id is distinct from $3::text
  order by id for update skip locked`,
      deleteTarget,
      `when ${hidden} then 'hidden' when ${written} < ${targets} then 'refused'
  when exists (
    select from ${table} as session where user_id = $2::text and id is distinct from $3::text
    and not exists (select from bext_written where bext_written.id = session.id)
  ) then 'busy' else 'done'`,
    ),

    sweep: fencedWrite(
      '$6::text',
      `select ${rowLocation} from ${table}
  where ctid >= $3::text::tid and ctid < $4::text::tid and expires_at_ms <= (select ${nowMs})
  limit $2::text::bigint for update skip locked`,
      `delete from ${table} as session using bext_clock where ${swept} and ${beforeFence}`,
      // A place that was written to at the same time is not seen by this statement, and is left for the next sweep.
      `when ${hidden} then 'hidden'
  when ${written} < ${targets} and ${written} < (select count(*) from ${table} as session where ${swept}) then 'refused'
  else ${written}::text`,
      ` ${largestSize('$5')} / current_setting('block_size')::bigint, ${partitionCount('$5')},`,
    ),
  }
}
