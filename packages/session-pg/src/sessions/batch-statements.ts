import type { Echo } from './sql-fragments.js'
import { matchesLocation, beforeFence, mayHideRows, notAfterMs, nowMs } from './sql-fragments.js'

/**
 * Statements over many sessions, one text whatever their number. $2 is an array of their ids, without repetition and
 * sorted. They wait for no row lock, so that the clock may be read at any time. Writes answer `done`, or `some` if not
 * all is done, or `hidden` if row level security may keep the rest from the role; and then the ids that are done, those
 * that are busy, and those that a trigger has kept from being written, each list with commas between.
 */
export interface BatchStatements {
  /**
   * $1 array of ids. Answers one text, or null for no session: for each its id, created, expires, user as JSON or
   * nothing, and data, joined by U+001E. It costs the driver one value instead of five for each session. Then the number
   * of sessions, and `hidden` if row level security may keep others from the role.
   */
  readonly read: string
  /** $3 data, joined by U+001E. */
  readonly update: string
  /** $3 array of ttls. */
  readonly touch: string
  readonly delete: string
  /** $3 array of users, with a mark before each and nothing for none, $4 data, joined by U+001E, $5 array of ttls. */
  readonly create: string
}

/** Stands between texts of JSON, in which no control character can be. */
export const dataSeparator = '\u001e'

const ids = '$2::text::text[]'

function separated(parameter: string): string {
  return `string_to_array(${parameter}::text, chr(30))`
}

/** The lists of a write that is not done for all, as SQL. */
interface Rest {
  readonly busy: string
  readonly refused: string
}

function batchWrite(table: string, echo: Echo, before: string, write: string, { busy, refused }: Rest): string {
  const all = `(select count(*) from bext_written) = cardinality(${ids})`
  return `with bext_clock as materialized (
  select ${nowMs} as now_ms
)${before}, bext_written as (
  ${write}
)
select case when now_ms >= ${notAfterMs} then 'late' when ${all} then 'done' when ${mayHideRows(table)} then 'hidden' else 'some' end,
  case when not ${all} then (select string_agg(id, ',') from bext_written) end,
  case when not ${all} then ${busy} end,
  case when not ${all} then ${refused} end,
  now_ms, ${echo} from bext_clock`
}

export function batchStatementsFor(table: string): BatchStatements {
  /** The rows are looked up, and locked, in the order of the ids. */
  function locked(wanted: string, lock: string): string {
    return `, bext_target as materialized (
  select session.ctid as row_id, session.tableoid as row_table, session.id, session.expires_at_ms, wanted.*
  from ${wanted} join ${table} as session on session.id = wanted.wanted_id
  ${lock} of session skip locked
)`
  }

  const notWritten = 'not exists (select from bext_written where bext_written.id = session.id)'

  /** What was not written: somebody else has locked it, or has just written it. Or we have it, and yet it was not written. */
  function rest(alive: string): Rest {
    return {
      busy: `(select string_agg(id, ',') from ${table} as session where id = any(${ids}) and ${notWritten}
    and not exists (select from bext_target where bext_target.id = session.id and not (${alive})))`,
      refused: `(select string_agg(session.id, ',') from ${table} as session join bext_target on ${matchesLocation}
    where ${alive} and ${notWritten})`,
    }
  }

  function update(assignment: string, values: string): string {
    return batchWrite(
      table,
      '$4::text',
      locked(`unnest(${ids}, ${values}) as wanted (wanted_id, value)`, 'for no key update'),
      `update ${table} as session set ${assignment} from bext_target, bext_clock
  where ${matchesLocation} and bext_target.expires_at_ms > now_ms and ${beforeFence}
  returning session.id`,
      rest('bext_target.expires_at_ms > now_ms'),
    )
  }

  return {
    // Counted by a column that views lack: see `ofTable`.
    read: `select string_agg(id || chr(30) || created_at_ms || chr(30) || expires_at_ms || chr(30)
  || coalesce(to_json(user_id)::text, '') || chr(30) || data_json, chr(30)), count(tableoid),
  case when count(tableoid) < cardinality($1::text::text[]) and ${mayHideRows(table)} then 'hidden' end, $2::text from ${table}
where id = any($1::text::text[]) and expires_at_ms > (select ${nowMs})`,

    update: update('data_json = value', separated('$3')),

    touch: update('expires_at_ms = now_ms + value', '$3::text::bigint[]'),

    delete: batchWrite(
      table,
      '$3::text',
      locked(`unnest(${ids}) as wanted (wanted_id)`, 'for update'),
      `delete from ${table} as session using bext_target, bext_clock where ${matchesLocation} and ${beforeFence}
  returning session.id`,
      rest('true'),
    ),

    create: batchWrite(
      table,
      '$6::text',
      '',
      `insert into ${table} (id, user_id, data_json, created_at_ms, expires_at_ms)
  select wanted.id, substr(nullif(wanted.marked_user, ''), 2), wanted.data_json, now_ms, now_ms + wanted.ttl_ms
  from unnest(${ids}, $3::text::text[], ${separated('$4')}, $5::text::bigint[])
    as wanted (id, marked_user, data_json, ttl_ms), bext_clock
  where ${beforeFence}
  on conflict (id) do nothing
  returning id`,
      { busy: 'null', refused: 'null' },
    ),
  }
}
