import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Finding } from '@bext/session-core/doctor'
import { diagnoseSqlite, migrate, sqliteSessions, type DiagnoseSqliteOptions } from '@bext/session-sqlite'
import { findFileSystem } from '../../src/doctor/file-systems.js'
import { driverOf, openDatabase, type TestDatabase } from '../helpers/drivers.js'
import { temporaryFolder } from '../helpers/folder.js'

const driver = driverOf(process.argv[2])
const main = fileURLToPath(new URL('../../src/doctor/main.ts', import.meta.url))
const folder = temporaryFolder()
const isOnDisk = (await findFileSystem(tmpdir())) === undefined
let files = 0

interface Target {
  readonly database: TestDatabase
  readonly path: string
}

function newPath(): string {
  files += 1
  return join(folder, `${files}.db`)
}

async function newTarget(): Promise<Target> {
  const path = newPath()
  const database = openDatabase(driver, path)
  await migrate(database)
  return { database, path }
}

/** Inserts rows of 1 kB, of which a percentage expired long ago. */
function fill({ database }: Target, rows: number, expiredPercent: number): void {
  database.exec(`WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${rows})
    INSERT INTO sessions SELECT 'row ' || n, 'ann', 0, iif(n % 100 < ${expiredPercent}, 1, 9000000000000),
      printf('%.*c', 1000, '1') FROM number`)
}

async function levels(database: TestDatabase, options?: DiagnoseSqliteOptions): Promise<Record<string, string>> {
  const findings = await diagnoseSqlite(database, options)
  return Object.fromEntries(findings.map(({ level, subject }) => [subject, level]))
}

async function about(subject: string, database: TestDatabase, options?: DiagnoseSqliteOptions): Promise<Finding> {
  const found = (await diagnoseSqlite(database, options)).filter((finding) => finding.subject === subject)
  assert.equal(found.length, 1)
  return found[0] as Finding
}

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--import', 'tsx']
    execFile(process.execPath, [...flags, main, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

await test('finds nothing wrong with a file in use by the store, and changes nothing', async () => {
  const { database, path } = await newTarget()
  const store = sqliteSessions({ database: openDatabase(driver, path) })
  const id = await store.create({ userId: 'ann', dataJson: '{"n":1}', ttlMs: 60_000 })
  const before = await store.read(id)
  assert.deepEqual(await levels(database), {
    version: 'ok',
    file: isOnDisk ? 'ok' : 'warning',
    journal: 'ok',
    writing: 'ok',
    table: 'ok',
    sweep: 'ok',
    integrity: 'ok',
  })
  const [{ version }] = database.prepare('SELECT sqlite_version() AS version').all() as [{ version: string }]
  assert.equal((await about('version', database)).found, `SQLite ${version}`)
  assert.deepEqual(await store.read(id), before)
})

await test('reports a database in memory', async () => {
  const database = openDatabase(driver, ':memory:')
  await migrate(database)
  assert.equal((await about('file', database)).found, 'the database is in memory')
})

await test('reports a file in the memory of the machine', { skip: !existsSync('/dev/shm') }, async () => {
  const { path } = await newTarget()
  const copy = `/dev/shm/session-sqlite-${process.pid}-${files}.db`
  copyFileSync(path, copy)
  const { stdout } = await run('doctor', copy)
  for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true })
  assert.match(stdout, /^warning {2}file: it is in memory, on tmpfs$/m)
})

await test('reports a file without write-ahead logging', async () => {
  const { database } = await newTarget()
  database.exec('PRAGMA journal_mode = DELETE')
  const { level, found } = await about('journal', database)
  assert.deepEqual([level, found], ['warning', 'journal_mode is delete, not wal'])
})

await test('reports a log that a transaction keeps from being written back', async () => {
  const target = await newTarget()
  const reader = openDatabase(driver, target.path)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM sessions').all()
  fill(target, 50_000, 0)
  target.database.exec("UPDATE sessions SET data_json = '2'")
  const { level, found } = await about('journal', target.database)
  assert.equal(level, 'warning')
  assert.match(found, /^journal_mode is wal, and the log has \d{8,} bytes$/)
})

await test('reports a file that cannot be written, and one whose lock is not released', async () => {
  const { path, database } = await newTarget()
  const readOnly = await about('writing', openDatabase(driver, path, true))
  assert.equal(readOnly.level, 'problem')
  assert.match(String(readOnly.why), /read-only/)

  const other = openDatabase(driver, path)
  other.exec('BEGIN IMMEDIATE')
  const locked = await about('writing', database, { timeoutMs: 50 })
  assert.equal(locked.level, 'problem')
  assert.match(String(locked.why), /kept the database locked/)
  other.exec('COMMIT')
  assert.equal((await about('writing', database)).level, 'ok')
})

await test('reports a table that is missing, is another one, or lacks an index', async () => {
  const { database } = await newTarget()
  assert.equal((await about('table', database, { table: 'other' })).found, 'it is missing')
  database.exec('CREATE TABLE "my ""own""" (sid TEXT)')
  const options = { table: 'my "own"' }
  assert.equal((await about('table', database, options)).found, 'it is another table of this name, with other columns')
  database.exec('DROP INDEX sessions_user_id_idx')
  const { level, found } = await about('table', database)
  assert.deepEqual([level, found], ['problem', 'it has no index by user_id'])
  await migrate(database)
  assert.equal((await about('table', database)).level, 'ok')
})

await test('reports expired sessions that nothing removes', async () => {
  const target = await newTarget()
  fill(target, 2000, 40)
  const { level, found } = await about('sweep', target.database)
  assert.deepEqual([level, found], ['warning', '800 of 2000 sessions expired more than an hour ago'])
  await sqliteSessions({ database: target.database }).sweep({ maxRecords: 500 })
  assert.equal((await about('sweep', target.database)).level, 'ok')
})

await test('reports damage', async () => {
  const target = await newTarget()
  fill(target, 2000, 0)
  target.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const [{ rootpage }] = target.database
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sessions_user_id_idx'")
    .all() as [{ rootpage: number }]
  const [{ page_size: size }] = target.database.prepare('PRAGMA page_size').all() as [{ page_size: number }]
  target.database.close()
  const file = openSync(target.path, 'r+')
  writeSync(file, Buffer.alloc(size, 7), 0, size, (rootpage - 1) * size)
  closeSync(file)
  const { level, found } = await about('integrity', openDatabase(driver, target.path))
  assert.equal(level, 'problem')
  assert.match(found, /^quick_check finds damage: /)
})

await test('rejects if the file is no database or a transaction is open, and for wrong options', async () => {
  const path = newPath()
  writeFileSync(path, 'This is no database, but it is long enough for the header of one.'.repeat(20))
  await assert.rejects(diagnoseSqlite(openDatabase(driver, path)), { code: 'Backend', reason: 'corrupt' })
  const { database } = await newTarget()
  await assert.rejects(diagnoseSqlite(database, { tabel: 'x' } as object), /no option "tabel"/)
  await assert.rejects(diagnoseSqlite('sessions.db' as never), TypeError)
  database.exec('BEGIN')
  await assert.rejects(diagnoseSqlite(database), { code: 'Backend', message: /open transaction/ })
})

await test('the command prints the findings as text and as JSON, and exits with 1 if there is a problem', async () => {
  const { path } = await newTarget()
  const right = await run('doctor', path)
  assert.deepEqual([right.code, right.stderr], [0, ''])
  assert.match(right.stdout, /Nothing is wrong\.\n$/)
  const wrong = await run('doctor', path, '--table', 'other')
  assert.deepEqual([wrong.code, wrong.stderr], [1, ''])
  assert.match(wrong.stdout, /PROBLEM {2}table: it is missing\n/)
  const json = await run('doctor', path, '--table', 'other', '--json')
  assert.ok((JSON.parse(json.stdout) as Finding[]).some(({ found }) => found === 'it is missing'))
})

await test('the command says what it expects, and creates no file', async () => {
  const path = newPath()
  const damaged = newPath()
  writeFileSync(damaged, 'This is no database, but it is long enough for the header of one.'.repeat(20))
  const wrong = [
    [['doctor', path], /The file cannot be read: ENOENT/],
    [['doctor', damaged], /The file cannot be read: .*not a database/],
    [['doctor'], /doctor expects the path of one database file\.\n/],
    [['doctor', damaged, '--table', ''], /option table/],
    [['doctor', damaged, '--wat'], /Unknown option '--wat'/],
    [['examine', damaged], /The first argument must be doctor/],
  ] as const
  await Promise.all(
    wrong.map(async ([args, message]) => {
      const { code, stdout, stderr } = await run(...args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, message)
    }),
  )
  assert.equal(existsSync(path), false)
  assert.match((await run('--help')).stdout, /^Usage: session-sqlite doctor/)
  assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
})
