import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreHarness } from '@bext/session-conformance'
import { sqliteSessions } from '../src/sqlite-store.js'

const folder = mkdtempSync(join(tmpdir(), 'custom-store-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const fileOf = (namespace: string): string => join(folder, `${namespace}.db`)

const nameOf = (statement: string): string => `refuse_${statement.split(' ', 1)[0]}`

/** Makes the file reject statements with a message of SQLite, by one trigger for each. */
function refuse(namespace: string, message: string, ...statements: readonly string[]): () => void {
  function change(text: (statement: string) => string): void {
    const db = new DatabaseSync(fileOf(namespace))
    for (const statement of statements) db.exec(text(statement))
    db.close()
  }
  change((each) => {
    return `CREATE TRIGGER ${nameOf(each)} BEFORE ${each} ON sessions BEGIN SELECT RAISE(ABORT, '${message}'); END`
  })
  return () => change((each) => `DROP TRIGGER ${nameOf(each)}`)
}

const harness: StoreHarness = {
  name: 'sqlite',
  family: 'server',
  capabilities: ['sweep', 'close'],
  declarations: { maxDataBytes: 1_048_576 },
  module: { url: import.meta.url, execArgv: ['--import', 'tsx'] },
  open({ namespace, timeoutMs }) {
    const store = sqliteSessions({ path: fileOf(namespace), timeoutMs })
    return { store, close: () => store.close() }
  },
  conditions: {
    forbid: {
      'read-only': (namespace) =>
        refuse(namespace, 'attempt to write a readonly database', 'INSERT', 'UPDATE', 'DELETE'),
    },
    fill: (namespace) => refuse(namespace, 'database or disk is full', 'INSERT', 'UPDATE OF data_json'),
  },
  async inspect(namespace) {
    const db = new DatabaseSync(fileOf(namespace))
    // A store without a call has not created its table yet.
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sessions'").get() !== undefined
    const rows = made ? db.prepare('SELECT * FROM sessions').all() : []
    db.close()
    return rows.map((row) => JSON.stringify(row))
  },
}

export default harness
