import { ok, problem, type Finding } from '@bext/session-core/doctor'
import type { Ask } from './ask.js'

interface Index {
  /** True if `on conflict (id)` can use it. */
  readonly isKey: boolean
  readonly isPrimary: boolean
  /** True if a search by user can use it. */
  readonly isByUser: boolean
  /** True if, because of this index, an update of the data or the expiry writes a new entry to every index. */
  readonly preventsHot: boolean
}

// A column can be in an index as a key, as an included column, in an expression or in the predicate. pg_depend lists the
// last two. Since version 16, an index that only summarizes blocks leaves updates heap-only; BRIN is the only such method.
// An index of a single partition can prevent heap-only updates too, but only indexes of the table itself serve calls.
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
  return rows.map(([isKey, isPrimary, isByUser, preventsHot]) => ({
    isKey: isKey === 't',
    isPrimary: isPrimary === 't',
    isByUser: isByUser === 't',
    preventsHot: preventsHot === 't',
  }))
}

function examineKey(indexes: readonly Index[]): Finding[] {
  if (indexes.some(({ isKey }) => isKey)) return []
  if (indexes.some(({ isPrimary }) => isPrimary)) {
    const why = 'Every create fails, because it needs a valid unique index of this column that is not deferrable.'
    return [
      problem('index', 'the primary key is not the column id alone', why, 'Create a primary key of the column id.'),
    ]
  }
  const why = 'Each call reads the whole table, and two sessions could have the same id.'
  return [problem('index', 'there is no primary key', why, 'Create a primary key of the column id.')]
}

/** Checks for the indexes that calls need, and for indexes that make every update more expensive. */
export async function examineIndexes(ask: Ask, table: string): Promise<Finding[]> {
  const indexes = await readIndexes(ask, table)
  const findings = examineKey(indexes)
  if (!indexes.some(({ isByUser }) => isByUser)) {
    const why = "Listing or ending a user's sessions reads the whole table."
    const advice = 'Create it as in the migration, and drop an invalid one.'
    findings.push(problem('index', 'there is no valid index by user_id', why, advice))
  }
  if (indexes.some(({ preventsHot }) => preventsHot)) {
    const why = 'Updates are not heap-only: every touch or update writes to all indexes, which grow.'
    findings.push(
      problem('index', 'an index contains expires_at_ms or data_json', why, 'Drop it. A sweep does not need it.'),
    )
  }
  return findings.length > 0 ? findings : [ok('index', 'a primary key and an index by user_id')]
}
