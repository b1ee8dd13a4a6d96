import { ok, problem, warning, type Finding } from '@bext/session-core/doctor'
import type { SqliteDatabase } from '../client/client.js'
import { tableStateOf } from '../schema/migrate.js'
import type { TableNames } from '../schema/table-name.js'
import { firstsOf, rowOf } from './ask.js'

// Smaller numbers are not significant.
const minRows = 1000
const maxExpiredShare = 0.3
const hourMs = 3_600_000

const why = 'Every call of the store fails.'

function examineSweep(database: SqliteDatabase, { table }: TableNames): Finding {
  const [rows, expired] = rowOf(
    database,
    `SELECT count(*), count(*) FILTER (WHERE expires_at_ms < ?) FROM ${table}`,
    Date.now() - hourMs,
  )
  const found = `${expired} of ${rows} sessions expired more than an hour ago`
  if (Number(rows) < minRows || Number(expired) / Number(rows) < maxExpiredShare) return ok('sweep', found)
  const reason = 'They take space. Creates remove expired sessions, but there were not enough creates.'
  return warning('sweep', found, reason, 'Call sweep() in a job: see Sweeping in the README.')
}

/** Checks that the table has the columns and the indexes that `migrate` creates, and that expired sessions are removed. */
export function examineTable(database: SqliteDatabase, names: TableNames): Finding[] {
  const { name } = names
  const state = tableStateOf(database, names)
  if (state === 'missing') {
    const advice = 'Run migrate(database), with the same table as the store.'
    return [problem('table', 'it is missing', why, advice)]
  }
  if (state === 'foreign') {
    const advice = 'Choose another name with the option table, and run migrate(database).'
    return [problem('table', 'it is another table of this name, with other columns', why, advice)]
  }
  const indexed = firstsOf(
    database,
    'SELECT info.name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info WHERE info.seqno = 0',
    name,
  )
  const missing = ['user_id', 'expires_at_ms'].filter((column) => !indexed.includes(column))
  const sweep = examineSweep(database, names)
  if (missing.length === 0) return [ok('table', 'it has its columns and indexes'), sweep]
  const reason = 'Calls of the store read the whole table.'
  return [problem('table', `it has no index by ${missing.join(', ')}`, reason, 'Run migrate(database).'), sweep]
}
