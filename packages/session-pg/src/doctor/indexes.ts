import { ok, problem, type Finding } from '@bext/session-core/doctor'
import type { Ask } from './ask.js'

interface Index {
  /** Whether `on conflict (id)` can use it. */
  readonly isKey: boolean
  readonly isPrimary: boolean
  /** Whether a search by user can use it. */
  readonly isByUser: boolean
  /** Whether an update of the data or of the expiry writes a new entry into every index because of this one. */
  readonly isInTheWay: boolean
}

// A column is in an index as a key, beside the keys, in an expression or in the predicate: pg_depend has the last two. Since
// version 16 an index that only summarizes blocks, which of the methods of PostgreSQL is BRIN, leaves updates heap-only.
// Indexes of a single partition count, too, but calls go to the table, whose own indexes they need.
const indexesOf = `with leaf as (
  select $1::text::regclass as relid
  union select relid from pg_partition_tree($1::text::regclass) where isleaf
), described as (
  select index.*, method.amname, leaf.relid = $1::text::regclass as is_own,
    (select array_agg(attribute.attname) from pg_attribute as attribute
      where attribute.attrelid = index.indrelid and (attribute.attnum = any(index.indkey)
        or exists (select from pg_depend where classid = 'pg_class'::regclass and objid = index.indexrelid
          and refclassid = 'pg_class'::regclass and refobjid = index.indrelid and refobjsubid = attribute.attnum))) as used,
    (select attribute.attname from pg_attribute as attribute
      where attribute.attrelid = index.indrelid and attribute.attnum = index.indkey[0]
        and attribute.attcollation = index.indcollation[0]) as first_column
  from leaf join pg_index as index on index.indrelid = leaf.relid
    join pg_class as relation on relation.oid = index.indexrelid
    join pg_am as method on method.oid = relation.relam
)
select is_own and indisunique and indisvalid and indimmediate and indnkeyatts = 1 and indpred is null and first_column = 'id',
  is_own and indisprimary,
  is_own and indisvalid and amname in ('btree', 'hash') and first_column = 'user_id'
    and coalesce(replace(pg_get_expr(indpred, indrelid), '"', ''), '(user_id IS NOT NULL)') = '(user_id IS NOT NULL)',
  used && array['expires_at_ms', 'data_json']::name[]
    and not (amname = 'brin' and current_setting('server_version_num')::int >= 160000)
from described`

async function readIndexes(ask: Ask, table: string): Promise<Index[]> {
  const rows = await ask.rows(indexesOf, table)
  return rows.map(([isKey, isPrimary, isByUser, isInTheWay]) => ({
    isKey: isKey === 't',
    isPrimary: isPrimary === 't',
    isByUser: isByUser === 't',
    isInTheWay: isInTheWay === 't',
  }))
}

function examineKey(indexes: readonly Index[]): Finding[] {
  if (indexes.some(({ isKey }) => isKey)) return []
  if (indexes.some(({ isPrimary }) => isPrimary)) {
    const why = 'A create fails, because it asks for a unique index of this column that is valid and not deferrable.'
    return [problem('index', 'the primary key is not the column id alone', why, 'Make one of the column id.')]
  }
  const why = 'Each call reads the whole table, and two sessions could have one id.'
  return [problem('index', 'there is no primary key', why, 'Make one of the column id.')]
}

/** Looks for the indexes that calls need, and for those that cost every update more. */
export async function examineIndexes(ask: Ask, table: string): Promise<Finding[]> {
  const indexes = await readIndexes(ask, table)
  const findings = examineKey(indexes)
  if (!indexes.some(({ isByUser }) => isByUser)) {
    const why = "Listing and ending a user's sessions reads the whole table."
    const advice = 'Make it as the migration does; drop one that is invalid, which a concurrent build can leave.'
    findings.push(problem('index', 'there is none by user_id, or it is invalid', why, advice))
  }
  if (indexes.some(({ isInTheWay }) => isInTheWay)) {
    const why = 'Every touch or update writes new entries into all indexes (no heap-only update), and they grow.'
    findings.push(problem('index', 'one holds a column that calls change', why, 'Drop it: a sweep needs none.'))
  }
  return findings.length > 0 ? findings : [ok('index', 'the primary key, and one by user_id')]
}
