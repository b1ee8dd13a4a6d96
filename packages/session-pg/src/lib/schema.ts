import { rejectUnknownOptions } from '@bext/session-core/store'
import type { TableNames, TableOptions } from './table-names.js'
import { tableNames } from './table-names.js'

// No index on expires_at_ms: it would turn every touch into a new index entry. The fill factor leaves room on each
// page for the next version of a row, which then needs no index entry either.
export function schemaSqlFor({ table, index }: TableNames): string {
  return `create table if not exists ${table} (
  id text collate "C" primary key,
  user_id text collate "C",
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  data_json text not null
) with (fillfactor = 90);
create index if not exists ${index} on ${table} (user_id) where user_id is not null;
`
}

/**
 * The SQL that `migrate` runs, for those who run their own migrations: two statements without a transaction around
 * them. Throws a `TypeError` for a wrong option.
 */
export function schemaSql(options: TableOptions = {}): string {
  rejectUnknownOptions('schemaSql', options, ['schema', 'table'])
  return schemaSqlFor(tableNames('schemaSql', options))
}
