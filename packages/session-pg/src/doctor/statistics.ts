import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'
import type { Ask } from './ask.js'

// Smaller numbers are not significant.
const minUpdates = 1000
const minRows = 1000
const minHotShare = 0.9
const maxDeadShare = 0.3
const maxExpiredShare = 0.3
const sampledBlocks = 1000
const sweptWithinMs = 3_600_000

const leaves = `(select relid from pg_partition_tree($1::text::regclass) where isleaf
  union select $1::text::regclass)`

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function examineHot(updates: number, hot: number): Finding[] {
  if (updates < minUpdates) return []
  const share = hot / updates
  const found = `${percent(share)} of ${updates} updates were heap-only`
  if (share >= minHotShare) return [ok('updates', found)]
  const why = 'Each of the others wrote to all indexes, which then grow and are slower to vacuum.'
  const advice =
    'Look for an index on expires_at_ms or data_json, a fill factor over 90, and long transactions, which keep old versions of rows.'
  return [problem('updates', found, why, advice)]
}

function examineDead(live: number, dead: number, hasVacuum: boolean): Finding[] {
  const share = dead / Math.max(1, live + dead)
  const found = `${dead} of ${live + dead} rows are dead`
  if (!hasVacuum) {
    const why = 'Nothing frees the space of rows that were changed or swept, so the table grows without limit.'
    return [problem('vacuum', 'autovacuum is off, for the server or for the table', why, 'Set autovacuum on.')]
  }
  if (live + dead < minRows || share < maxDeadShare) return [ok('vacuum', found)]
  const why = 'The table is larger than necessary, and each sweep reads all of it.'
  const advice =
    'Lower autovacuum_vacuum_scale_factor of the table, and look for long transactions: see Autovacuum in the README.'
  return [warning('vacuum', found, why, advice)]
}

/** Checks heap-only updates and dead rows, by the statistics of PostgreSQL. */
export async function examineStatistics(ask: Ask, table: string): Promise<Finding[]> {
  const [updates, hot, live, dead, hasVacuum] = await ask.row(
    `select coalesce(sum(n_tup_upd), 0), coalesce(sum(n_tup_hot_upd), 0), coalesce(sum(n_live_tup), 0),
      coalesce(sum(n_dead_tup), 0), current_setting('autovacuum') = 'on'
        and not coalesce(bool_or('autovacuum_enabled=false' = any(reloptions) or 'autovacuum_enabled=off' = any(reloptions)), false)
    from pg_stat_user_tables join pg_class on pg_class.oid = relid where relid in ${leaves}`,
    table,
  )
  return [...examineHot(Number(updates), Number(hot)), ...examineDead(Number(live), Number(dead), hasVacuum === 't')]
}

/** Checks that expired sessions are swept, in a sample of the table. */
export async function examineSweep(ask: Ask, table: string): Promise<Finding[]> {
  const [blocks] = await ask.row(
    `select greatest(1, sum(pg_relation_size(relid)) / current_setting('block_size')::bigint) from ${leaves} as leaf`,
    table,
  )
  const share = Math.min(100, (100 * sampledBlocks) / Number(blocks))
  const [rows, expired] = await ask.row(
    `select count(*), count(*) filter (where expires_at_ms < extract(epoch from clock_timestamp()) * 1000 - ${sweptWithinMs})
    from ${table} tablesample system (${share.toFixed(6)})`,
  )
  const part = share < 100 ? ', in a sample' : ''
  const found = `${expired} of ${rows} sessions expired more than an hour ago${part}`
  if (Number(rows) < minRows || Number(expired) / Number(rows) < maxExpiredShare) return [ok('sweep', found)]
  const why = 'Sweeping does not run, or is too slow. Expired sessions take space.'
  return [
    problem('sweep', found, why, 'Call startSweeping in your server, or sweep() in a job: see Sweeping in the README.'),
  ]
}
