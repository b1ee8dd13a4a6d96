import { beforeFence, matchesLocation, mayHideRows, notAfterMs, nowMs, type CorrelationTag } from './sql-fragments.js'

/**
 * Statements over many sessions, with one text whatever their number. $2 is a sorted array of their ids, without
 * duplicates. The statements do not wait for row locks, so they may read the clock at any time. A write returns `done`,
 * `some` if it is not done for all sessions, or `hidden` if row level security may hide the others from the role. Then
 * follow three lists of ids, separated by commas: those that are done, those that another transaction has locked, and those
 * that a trigger kept from being written. The last parameter is a `CorrelationTag`.
 */
export interface BatchStatements {
  /**
   * $1 array of ids. Returns one text, or null if there are no sessions, so that the driver decodes one value instead of
   * five for each session. The text holds each session's id, user as JSON or nothing, created, expires, and data, joined by
   * U+001E. Then follow the number of sessions, and `hidden` if row level security may hide others from the role.
   */
  readonly read: string
  /** $3 data, joined by U+001E. */
  readonly update: string
  /** $3 array of ttls. */
  readonly touch: string
  readonly delete: string
  /** $3 array of users, each with a prefix, or nothing for no user; $4 data, joined by U+001E; $5 array of ttls. */
  readonly create: string
}

/** Separates JSON texts, which cannot contain this control character. */
export const dataSeparator = '\u001e'

const ids = '$2::text::text[]'

function separated(parameter: string): string {
  return `string_to_array(${parameter}::text, chr(30))`
}

/** The lists of ids for which a write is not done, as SQL. */
interface UnwrittenIds {
  readonly locked: string
  readonly refused: string
}

function batchWrite(
  table: string,
  tag: CorrelationTag,
  before: string,
  write: string,
  { locked, refused }: UnwrittenIds,
): string {
  const all = `(select count(*) from bext_written) = cardinality(${ids})`
  return `with bext_clock as materialized (
  select ${nowMs} as now_ms
)${before}, bext_written as (
  ${write}
)
select case when now_ms >= ${notAfterMs} then 'late' when ${all} then 'done' when ${mayHideRows(table)} then 'hidden' else 'some' end,
  case when not ${all} then (select string_agg(id, ',') from bext_written) end,
  case when not ${all} then ${locked} end,
  case when not ${all} then ${refused} end,
  now_ms, ${tag} from bext_clock`
}

/** Returns the statements. `table` must be quoted. */
export function batchStatementsFor(table: string): BatchStatements {
  /** Returns the step that looks up and locks the rows, in the order of the ids. */
  function lockRows(requested: string, lock: string): string {
    return `, bext_target as materialized (
  select session.ctid as row_ctid, session.tableoid as row_tableoid, session.id, session.expires_at_ms, requested.*
  from ${requested} join ${table} as session on session.id = requested.requested_id
  ${lock} of session skip locked
)`
  }

  const notWritten = 'not exists (select from bext_written where bext_written.id = session.id)'

  /**
   * Returns the lists of ids that were not written. A row is locked if another transaction has locked it or has just written
   * it. A row that this statement has locked and still did not write was refused.
   */
  function unwritten(live: string): UnwrittenIds {
    return {
      locked: `(select string_agg(id, ',') from ${table} as session where id = any(${ids}) and ${notWritten}
    and not exists (select from bext_target where bext_target.id = session.id and not (${live})))`,
      refused: `(select string_agg(session.id, ',') from ${table} as session join bext_target on ${matchesLocation}
    where ${live} and ${notWritten})`,
    }
  }

  function update(assignment: string, values: string): string {
    return batchWrite(
      table,
      '$4::text',
      lockRows(`unnest(${ids}, ${values}) as requested (requested_id, value)`, 'for no key update'),
      `update ${table} as session set ${assignment} from bext_target, bext_clock
  where ${matchesLocation} and bext_target.expires_at_ms > now_ms and ${beforeFence}
  returning session.id`,
      unwritten('bext_target.expires_at_ms > now_ms'),
    )
  }

  return {
    // The count uses a column that views lack: see `ofTable`.
    read: `select string_agg(id || chr(30) || coalesce(to_json(user_id)::text, '') || chr(30)
  || created_at_ms || chr(30) || expires_at_ms || chr(30) || data_json, chr(30)), count(tableoid),
  case when count(tableoid) < cardinality($1::text::text[]) and ${mayHideRows(table)} then 'hidden' end, $2::text from ${table}
where id = any($1::text::text[]) and expires_at_ms > (select ${nowMs})`,

    update: update('data_json = value', separated('$3')),

    touch: update('expires_at_ms = now_ms + value', '$3::text::bigint[]'),

    delete: batchWrite(
      table,
      '$3::text',
      lockRows(`unnest(${ids}) as requested (requested_id)`, 'for update'),
      `delete from ${table} as session using bext_target, bext_clock where ${matchesLocation} and ${beforeFence}
  returning session.id`,
      unwritten('true'),
    ),

    create: batchWrite(
      table,
      '$6::text',
      '',
      `insert into ${table} (id, user_id, data_json, created_at_ms, expires_at_ms)
  select requested.id, substr(nullif(requested.prefixed_user, ''), 2), requested.data_json, now_ms, now_ms + requested.ttl_ms
  from unnest(${ids}, $3::text::text[], ${separated('$4')}, $5::text::bigint[])
    as requested (id, prefixed_user, data_json, ttl_ms), bext_clock
  where ${beforeFence}
  on conflict (id) do nothing
  returning id`,
      { locked: 'null', refused: 'null' },
    ),
  }
}
