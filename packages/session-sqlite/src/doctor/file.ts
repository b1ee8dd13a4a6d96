import { stat } from 'node:fs/promises'
import { ok, problem, warning, type Finding } from '@bext/session-core/doctor'
import type { SqliteDatabase } from '../client/client.js'
import { firstsOf } from './ask.js'
import { findFileSystem } from './file-systems.js'

// SQLite writes the log back to the file when it has about 4 MiB.
const longLogBytes = 64 * 1024 * 1024

/** Returns the path of the file; an empty text for a database in memory. */
export function pathOf(database: SqliteDatabase): string {
  return firstsOf(database, "SELECT file FROM pragma_database_list WHERE name = 'main'")[0] ?? ''
}

/** Returns the journal mode of the connection. */
export function journalModeOf(database: SqliteDatabase): string {
  return firstsOf(database, 'PRAGMA journal_mode')[0] ?? 'unknown'
}

/** Checks that the file is on a local disk, as far as the operating system tells. */
export async function examinePlace(path: string): Promise<Finding[]> {
  if (path === '') {
    const why = 'All sessions end with this process.'
    return [warning('file', 'the database is in memory', why, 'Open a file, if this is not intended.')]
  }
  const [kind, name] = (await findFileSystem(path)) ?? []
  if (kind === 'network') {
    const why = 'The locks of SQLite do not work between machines, so that the file can be damaged.'
    return [problem('file', `it is on a network file system, ${name}`, why, 'Move it to a local disk.')]
  }
  if (kind === 'memory') {
    const why = 'All sessions end with a restart of the machine.'
    return [warning('file', `it is in memory, on ${name}`, why, 'Move it to a disk, if this is not intended.')]
  }
  return [ok('file', `${(await stat(path)).size} bytes`)]
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** Checks the journal mode, and that the log is written back to the file. */
export async function examineJournal(mode: string, path: string): Promise<Finding[]> {
  if (path === '') return []
  if (mode !== 'wal') {
    const why = 'Calls that read wait for calls that write. In the modes off and memory, a crash can damage the file.'
    return [warning('journal', `journal_mode is ${mode}, not wal`, why, 'Run migrate(database), which sets it.')]
  }
  const bytes = await sizeOf(`${path}-wal`)
  const found = `journal_mode is wal, and the log has ${bytes} bytes`
  if (bytes < longLogBytes) return [ok('journal', found)]
  const why = 'SQLite cannot write the log back to the file while a connection reads an older state, and the log grows.'
  const advice = 'Look for transactions that stay open, and then run PRAGMA wal_checkpoint(TRUNCATE).'
  return [warning('journal', found, why, advice)]
}
