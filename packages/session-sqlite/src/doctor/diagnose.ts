import { ok, problem, type Finding } from '@bext/session-core/doctor'
import { checkTimeoutMs, defaultTimeoutMs, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { checkDatabase, type SqliteDatabase } from '../client/client.js'
import { createConnection } from '../connection.js'
import { tableNames, type TableOptions } from '../schema/table-name.js'
import { attempt, firstsOf } from './ask.js'
import { examineJournal, examinePlace, journalModeOf, pathOf } from './file.js'
import { examineTable } from './table.js'

export interface DiagnoseSqliteOptions extends TableOptions {
  /** The longest wait for the lock of another connection, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'diagnoseSqlite'

/** Writes what is there already, and undoes it. In a read-only database, `BEGIN IMMEDIATE` alone does not fail. */
function examineWriting(database: SqliteDatabase): Finding[] {
  const [version] = firstsOf(database, 'PRAGMA user_version')
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(`PRAGMA user_version = ${version}`)
  } finally {
    database.exec('ROLLBACK')
  }
  return [ok('writing', 'this process can write the database')]
}

function examineIntegrity(database: SqliteDatabase): Finding[] {
  const [first, ...others] = firstsOf(database, 'PRAGMA quick_check')
  if (first === 'ok') return [ok('integrity', 'quick_check finds no damage')]
  const why = 'Calls can fail or miss sessions. A disk, a copy of the file in use, or another program damaged it.'
  const advice = 'Stop your app, and restore a backup or run the command .recover of the program sqlite3.'
  return [
    problem('integrity', `quick_check finds damage: ${first}${others.length > 0 ? ', and more' : ''}`, why, advice),
  ]
}

/**
 * Checks what a store with this connection depends on: SQLite's version, the place of the file, its journal and log, whether
 * it can be written, the table with its indexes, expired sessions and damage. Changes no data, and sets up the connection as
 * the store does. Reads the whole file, and blocks the process meanwhile. Findings contain no id, user or data. Rejects
 * with `Backend` if the file cannot be read, and with a `TypeError` for a wrong option.
 */
export async function diagnoseSqlite(
  database: SqliteDatabase,
  options: DiagnoseSqliteOptions = {},
): Promise<readonly Finding[]> {
  checkDatabase(caller, database)
  rejectUnknownOptions(caller, options, ['table', 'timeoutMs'])
  const { timeoutMs = defaultTimeoutMs, ...tableOptions } = options
  checkTimeoutMs(caller, timeoutMs)
  const names = tableNames(caller, tableOptions)
  const { run } = createConnection({ database, timeoutMs, prepare: () => database })
  // Reads the file, too.
  const [version] = await run(() => firstsOf(database, 'SELECT sqlite_version(), count(*) FROM sqlite_schema'))
  const [path, mode] = await run(() => [pathOf(database), journalModeOf(database)] as const)
  return [
    ok('version', `SQLite ${version}`),
    ...(await examinePlace(path)),
    ...(await examineJournal(mode, path)),
    ...(await attempt('writing', () => run(() => examineWriting(database)))),
    ...(await attempt('table', () => run(() => examineTable(database, names)))),
    ...(await attempt('integrity', () => run(() => examineIntegrity(database)))),
  ]
}
