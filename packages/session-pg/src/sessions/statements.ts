import {
  beforeFence,
  matchesLocation,
  mayHideRows,
  notAfterMs,
  nowMs,
  ofTable,
  rowLocation,
  type CorrelationTag,
} from './sql-fragments.js'

/**
 * Returns a write that has no effect once the server's clock has reached $1 (contract E2). It does not wait for row locks:
 * a row that another transaction has locked stays unchanged, and the outcome is `locked`. Every step is a materialized CTE,
 * so that the planner keeps the order. The clock is truncated to milliseconds, so a clock equal to $1 may already be past
 * it. Returns one row: the outcome, or `late`, and the clock.
 */
function fencedWrite(tag: CorrelationTag, target: string, write: string, outcome: string, details = ''): string {
  return `with bext_target as materialized (
  ${target}
), bext_clock as materialized (
  select ${nowMs} as now_ms from (select count(*) from bext_target) as target_count
), bext_written as (
  ${write}
  returning session.id
)
select case when now_ms >= ${notAfterMs} then 'late' ${outcome} end,${details} now_ms, ${tag} from bext_clock`
}

function partitionsOf(table: string): string {
  return `pg_partition_tree(${table}::text::regclass) where isleaf`
}

/** Returns the size of the table, or of its largest partition, in bytes. */
function largestSize(table: string): string {
  return `coalesce((select max(pg_relation_size(relid)) from ${partitionsOf(table)}), pg_relation_size(${table}::text::regclass))`
}

function partitionCount(table: string): string {
  return `(select greatest(count(*), 1) from ${partitionsOf(table)})`
}

const targets = '(select count(*) from bext_target)'
const written = '(select count(*) from bext_written)'

/**
 * Statements of a store over one table. In writes $1 is the time of the fence. The last parameter of each statement, which
 * the comments omit, is a `CorrelationTag`. Besides the outcomes named below, a write has the outcome `locked` if another
 * transaction has locked the row, `hidden` if row level security may hide the row from the role, and `refused` if a trigger
 * kept the server from writing it.
 */
export interface Statements {
  /** Returns the server's clock. */
  readonly now: string
  /** Reads no row. Fails if the table is missing or the role may not read it. */
  readonly health: string
  /**
   * $2 id, $3 user or null, $4 data, $5 ttl. Outcome `done`, or `taken` if the id exists. If another transaction committed
   * the id at the same time, the outcome is `refused` once, and then `taken`.
   */
  readonly create: string
  /**
   * $2 id, $3 user or null, $4 data, $5 ttl. Replaces a session that has expired and is not swept yet. Outcome `done`,
   * `taken` if the session is live, or `missing`.
   */
  readonly replaceExpired: string
  /** $1 id. Returns id, user, created, expires, data: nulls if the session is missing, or `hidden` as the id. */
  readonly read: string
  /** $2 id, $3 data, $4 expected data, or null for data that cannot be stored. Outcome `done`, `changed` or `missing`. */
  readonly updateIfUnchanged: string
  /** $2 id, $3 data. Returns the server's clock if it was done, and no row in every other case. */
  readonly updateNow: string
  /** $2 id, $3 ttl. Returns the same as `updateNow`. */
  readonly touchNow: string
  /** $2 id. Returns the same as `updateNow`. */
  readonly deleteNow: string
  /**
   * $1 user. Returns one text, null if there are no sessions, or `hidden`. Semicolons separate sessions, and commas the id,
   * created and expires of each.
   */
  readonly listUser: string
  /** $1 user. Returns id, created, expires, data of each session: nulls if there is none, or `hidden` as the ids. */
  readonly listUserRecords: string
  /** $2 id, $3 user, $4 data, $5 expected data, or null. Outcome `done`, `changed` or `missing`. */
  readonly updateUserRecord: string
  /** $2 id, $3 user. Outcome `done` or `missing`. */
  readonly endUserSession: string
  /** $2 user, $3 id to keep, or null. Outcome `done`, or `locked` if sessions are left. */
  readonly endUserSessions: string
  /**
   * $2 maximum number of rows, $3 and $4 first ctid and end ctid of the range in each partition, $5 table. Outcome: number
   * of removed rows. Details: number of blocks of the largest partition, and number of partitions, 1 if the table has none.
   */
  readonly sweep: string
}

/** Returns the statements. `table` must be quoted. */
export function statementsFor(table: string): Statements {
  const alive = 'bext_target.expires_at_ms > bext_clock.now_ms'
  const hidden = mayHideRows(table)

  // For an array of ids the planner always uses the index of the primary key. A join of many ids it may hash.
  const deleteTarget = `delete from ${table} as session using bext_clock
  where session.id = any(array(select id from bext_target)) and ${beforeFence}`

  /** Returns the outcome for a row that the statement neither wrote nor locked. */
  function notLocked(condition: string): string {
    return `when ${hidden} then 'hidden' when exists (select from ${table} where ${condition}) then 'locked' else 'missing'`
  }

  // A shorter statement, sufficient if the row exists, is live and is not locked, which is nearly always so. It waits for
  // nothing, so it may read the clock at any time.
  function withoutWait(tag: CorrelationTag, lock: string, write: string, condition: string): string {
    return `${write} (
  select ${rowLocation}, expires_at_ms, ${nowMs} as now_ms from ${table} where id = $2::text ${lock} skip locked
) as bext_target
where ${matchesLocation} and now_ms < ${notAfterMs}${condition}
returning now_ms, ${tag}`
  }

  // This lock does not conflict with foreign keys that refer to the session.
  function updateNow(assignment: string): string {
    const update = `update ${table} as session set ${assignment} from`
    return withoutWait('$4::text', 'for no key update', update, ' and bext_target.expires_at_ms > now_ms')
  }

  function updateIfUnchanged(condition: string, data: string, expected: string, tag: CorrelationTag): string {
    return fencedWrite(
      tag,
      `select ${rowLocation}, id, expires_at_ms, data_json from ${table} where ${condition} for no key update skip locked`,
      `update ${table} as session set data_json = ${data} from bext_target, bext_clock
  where session.id = bext_target.id and ${alive} and ${beforeFence} and bext_target.data_json = ${expected}`,
      `when exists (select from bext_written) then 'done'
  when exists (select from bext_target where ${alive} and data_json = ${expected}) then 'refused'
  when exists (select from bext_target where ${alive}) then 'changed'
  when exists (select from bext_target) then 'missing' ${notLocked(condition)}`,
    )
  }

  // The array makes the planner access the rows by ctid, however many it expects.
  const swept = `session.ctid = any(array(select row_ctid from bext_target))
    and (session.ctid, session.tableoid) in (select row_ctid, row_tableoid from bext_target)`

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

    replaceExpired: fencedWrite(
      '$6::text',
      `select ${rowLocation}, id, expires_at_ms from ${table} where id = $2::text for update skip locked`,
      `update ${table} as session
  set user_id = $3::text, data_json = $4::text, created_at_ms = now_ms, expires_at_ms = now_ms + $5::text::bigint
  from bext_target, bext_clock
  where session.id = bext_target.id and not ${alive} and ${beforeFence}`,
      `when exists (select from bext_written) then 'done'
  when exists (select from bext_target where ${alive}) then 'taken'
  when exists (select from bext_target) then 'refused' ${notLocked('id = $2::text')}`,
    ),

    read: `select coalesce(id, case when ${hidden} then 'hidden' end), user_id, created_at_ms, expires_at_ms, data_json, $2::text
from (select) as one left join ${table} on id = $1::text and expires_at_ms > ${nowMs} and ${ofTable}`,

    updateIfUnchanged: updateIfUnchanged('id = $2::text', '$3::text', '$4::text', '$5::text'),

    updateNow: updateNow('data_json = $3::text'),

    touchNow: updateNow('expires_at_ms = now_ms + $3::text::bigint'),

    deleteNow: withoutWait('$3::text', 'for update', `delete from ${table} as session using`, ''),

    listUser: `select case when ${hidden} then 'hidden' else
  string_agg(id || ',' || created_at_ms || ',' || expires_at_ms, ';' order by created_at_ms, id) end, $2::text
from ${table} where user_id = $1::text and expires_at_ms > ${nowMs} and ${ofTable}`,

    listUserRecords: `select case when (select ${hidden}) then 'hidden' else id end, created_at_ms, expires_at_ms, data_json, $2::text
from (select) as one left join ${table} on user_id = $1::text and expires_at_ms > ${nowMs} and ${ofTable}
order by created_at_ms, id`,

    updateUserRecord: updateIfUnchanged('id = $2::text and user_id = $3::text', '$4::text', '$5::text', '$6::text'),

    endUserSession: fencedWrite(
      '$4::text',
      `select ${rowLocation}, id from ${table} where id = $2::text and user_id = $3::text for update skip locked`,
      deleteTarget,
      `when exists (select from bext_written) then 'done'
  when exists (select from bext_target) then 'refused' ${notLocked('id = $2::text and user_id = $3::text')}`,
    ),

    // Rows are locked in the order of their ids, so that two calls for one user do not deadlock.
    endUserSessions: fencedWrite(
      '$4::text',
      `select ${rowLocation}, id from ${table} where user_id = $2::text and id is distinct from $3::text
  order by id for update skip locked`,
      deleteTarget,
      `when ${hidden} then 'hidden' when ${written} < ${targets} then 'refused'
  when exists (
    select from ${table} as session where user_id = $2::text and id is distinct from $3::text
    and not exists (select from bext_written where bext_written.id = session.id)
  ) then 'locked' else 'done'`,
    ),

    sweep: fencedWrite(
      '$6::text',
      `select ${rowLocation} from ${table}
  where ctid >= $3::text::tid and ctid < $4::text::tid and expires_at_ms <= (select ${nowMs})
  limit $2::text::bigint for update skip locked`,
      `delete from ${table} as session using bext_clock where ${swept} and ${beforeFence}`,
      // This statement does not see a row that was written at the same time. The next sweep removes it.
      `when ${hidden} then 'hidden'
  when ${written} < ${targets} and ${written} < (select count(*) from ${table} as session where ${swept}) then 'refused'
  else ${written}::text`,
      ` ${largestSize('$5')} / current_setting('block_size')::bigint, ${partitionCount('$5')},`,
    ),
  }
}
