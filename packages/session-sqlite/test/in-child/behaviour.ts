import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { SessionId } from '@bext/session-core'
import { migrate, sqliteOperationChannel, sqliteSessions, type SqliteSessions } from '@bext/session-sqlite'
import { driverOf, openDatabase, type TestDatabase } from '../helpers/drivers.js'
import { temporaryFolder } from '../helpers/folder.js'
import type { Confirmed } from './writer.js'

const driver = driverOf(process.argv[2])
const folder = temporaryFolder()
const options = { userId: 'ann', dataJson: '{"n":1}', ttlMs: 60_000 }
let files = 0

function newPath(): string {
  files += 1
  return join(folder, `${files}.db`)
}

async function openStore(
  path = newPath(),
  timeoutMs = 20_000,
): Promise<{ database: TestDatabase; path: string; store: SqliteSessions }> {
  const database = openDatabase(driver, path)
  await migrate(database)
  return { database, path, store: sqliteSessions({ database, timeoutMs }) }
}

function startWriter(path: string, count: number): { child: ChildProcess; confirmed: Confirmed[] } {
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, driver, path, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const confirmed: Confirmed[] = []
  if (child.stdout === null) throw new Error('The writer has no output.')
  let unread = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${unread}${text}`.split('\n')
    // A killed process may have written half a line.
    unread = lines.pop() ?? ''
    confirmed.push(...lines.map((line) => JSON.parse(line) as Confirmed))
  })
  return { child, confirmed }
}

/** Checks that the file holds all that was confirmed. The last write of each session counts. */
async function checkConfirmed(store: SqliteSessions, confirmed: readonly Confirmed[]): Promise<void> {
  const last = new Map(confirmed.map((write) => [write[1], write]))
  for (const [what, id, dataJson] of last.values()) {
    if (what === 'deleted') await assert.rejects(store.read(id as SessionId), { code: 'NotFound' })
    else assert.equal((await store.read(id as SessionId)).dataJson, dataJson)
  }
}

await test('processes that begin on a new file at once lose nothing', async () => {
  const path = newPath()
  const writers = Array.from({ length: 3 }, () => startWriter(path, 60))
  const codes = await Promise.all(writers.map(async ({ child }) => (await once(child, 'close'))[0] as number))
  assert.deepEqual(codes, [0, 0, 0])
  const { store } = await openStore(path)
  const confirmed = writers.flatMap((writer) => writer.confirmed)
  assert.equal(confirmed.length, 3 * (60 + 60 + 20))
  await checkConfirmed(store, confirmed)
  assert.equal((await store.listUserSessions('ann')).length, 3 * 40)
})

await test('a process that is killed while it writes loses nothing that was confirmed', async () => {
  const path = newPath()
  const { child, confirmed } = startWriter(path, 1_000_000)
  const closed = once(child, 'close')
  while (confirmed.length < 300) await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
  assert.deepEqual(await closed, [null, 'SIGKILL'])
  const { store, database } = await openStore(path)
  // The process may have changed its last session once more, without being able to confirm it.
  const lastId = confirmed.at(-1)?.[1]
  await checkConfirmed(
    store,
    confirmed.filter(([, id]) => id !== lastId),
  )
  const [check] = database.prepare('PRAGMA integrity_check').all() as [{ integrity_check: string }]
  assert.equal(check.integrity_check, 'ok')
})

await test('a write that waits for a lock does not block the process, and is done after it', async () => {
  const { store, path } = await openStore()
  const id = await store.create(options)
  const other = openDatabase(driver, path)
  other.exec('BEGIN IMMEDIATE')
  let isDone = false
  const updated = store.update(id, '{"n":2}').then(() => (isDone = true))
  for (let n = 0; n < 20; n += 1) {
    assert.equal((await store.read(id)).dataJson, '{"n":1}')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  assert.equal(isDone, false)
  other.exec('COMMIT')
  await updated
  assert.equal((await store.read(id)).dataJson, '{"n":2}')
})

await test('a write that is kept waiting ends in time, and nothing is done later', async () => {
  const { store, path } = await openStore(undefined, 60)
  const id = await store.create(options)
  const other = openDatabase(driver, path)
  other.exec('BEGIN IMMEDIATE')
  const startedAtMs = performance.now()
  await assert.rejects(store.update(id, '{"n":2}'), { code: 'Backend', reason: 'timeout' })
  assert.ok(performance.now() - startedAtMs >= 59)
  assert.equal(await store.isHealthy(), true)
  other.exec('COMMIT')
  assert.equal((await store.read(id)).dataJson, '{"n":1}')
  await store.update(id, '{"n":3}')
})

await test('a touch that waits for a lock until its session has expired does not revive it', async () => {
  const { store, path } = await openStore()
  const id = await store.create({ ...options, ttlMs: 150 })
  const { expiresAtMs } = await store.read(id)
  const other = openDatabase(driver, path)
  other.exec('BEGIN IMMEDIATE')
  const touched = assert.rejects(store.touch(id, 60_000), { code: 'NotFound' })
  while (Date.now() < expiresAtMs + 20) await new Promise((resolve) => setTimeout(resolve, 5))
  other.exec('COMMIT')
  await touched
})

await test('a call in an open transaction of the app is rejected, because a rollback would undo it', async () => {
  const { store, database } = await openStore()
  database.exec('BEGIN')
  await assert.rejects(store.create(options), { code: 'Backend', message: /open transaction/ })
  database.exec('ROLLBACK')
  await store.create(options)
})

await test('a read-only database answers reads, and rejects writes with Backend', async () => {
  const { store, path } = await openStore()
  const id = await store.create(options)
  const readOnly = sqliteSessions({ database: openDatabase(driver, path, true) })
  assert.equal((await readOnly.read(id)).dataJson, '{"n":1}')
  const refused = { code: 'Backend', reason: 'failed', message: /read-only/ }
  await assert.rejects(readOnly.create(options), refused)
  await assert.rejects(readOnly.update(id, '{}'), refused)
  await assert.rejects(readOnly.delete(id), refused)
})

await test('a full database rejects with the reason full', async () => {
  const { store, database } = await openStore()
  const id = await store.create(options)
  database.exec('PRAGMA max_page_count = 8')
  const large = { dataJson: JSON.stringify('x'.repeat(50_000)), ttlMs: 60_000 }
  await assert.rejects(store.create(large), { code: 'Backend', reason: 'full' })
  await store.delete(id)
})

await test('a damaged file is Backend, never a missing session', async () => {
  const path = newPath()
  writeFileSync(path, 'This is no database, but it is long enough for the header of one.'.repeat(20))
  const database = openDatabase(driver, path)
  await assert.rejects(migrate(database), { code: 'Backend', reason: 'corrupt' })
  const store = sqliteSessions({ database })
  await assert.rejects(store.read('A'.repeat(43) as SessionId), { code: 'Backend', reason: 'corrupt' })
  assert.equal(await store.isHealthy(), false)
})

await test('without its table the store says to migrate, and works once that is done', async () => {
  const database = openDatabase(driver, newPath())
  const store = sqliteSessions({ database })
  assert.equal(await store.isHealthy(), false)
  await assert.rejects(store.create(options), { code: 'Backend', message: /call migrate/ })
  await migrate(database)
  await migrate(database)
  assert.equal(await store.isHealthy(), true)
  await store.create(options)
})

await test('migrate leaves another table of this name alone', async () => {
  const database = openDatabase(driver, newPath())
  database.exec('CREATE TABLE sessions (sid TEXT)')
  await assert.rejects(migrate(database), { code: 'Backend', message: /other columns/ })
  await migrate(database, { table: 'my "own" sessions' })
  const store = sqliteSessions({ database, table: 'my "own" sessions' })
  await store.create(options)
  assert.deepEqual(database.prepare('SELECT * FROM sessions').all(), [])
})

await test('creates remove expired sessions, so that the file does not grow', async () => {
  const { store, database } = await openStore()
  const expired = await Promise.all(Array.from({ length: 60 }, () => store.create({ ...options, ttlMs: 1 })))
  await new Promise((resolve) => setTimeout(resolve, 5))
  for (let n = 0; n < 64; n += 1) await store.create(options)
  const [{ count } = { count: -1 }] = database.prepare('SELECT count(*) AS count FROM sessions').all() as {
    count: number
  }[]
  assert.equal(expired.length, 60)
  assert.equal(count, 64)
})

await test('O4 text that SQLite cannot store equals no data', async () => {
  const { store } = await openStore()
  const id = await store.create({ ...options, dataJson: '"\ufffd"' })
  assert.deepEqual(await store.updateIfUnchanged(id, '"\ud800"', '{}'), { outcome: 'changed' })
  assert.equal((await store.read(id)).dataJson, '"\ufffd"')
})

await test('settings of the driver for integers and rows change nothing', async () => {
  const { store, database } = await openStore()
  Reflect.get(database, 'defaultSafeIntegers')?.call(database, true)
  const id = await store.create(options)
  const { createdAtMs, expiresAtMs } = await store.read(id)
  assert.equal(expiresAtMs - createdAtMs, 60_000)
  assert.equal((await store.listUserSessions('ann'))[0]?.expiresAtMs, expiresAtMs)
})

await test('after close() every call rejects, also one that waits, and the connection stays open', async () => {
  const { store, database, path } = await openStore()
  const id = await store.create(options)
  const other = openDatabase(driver, path)
  other.exec('BEGIN IMMEDIATE')
  const waiting = assert.rejects(store.delete(id), { code: 'Backend', reason: 'closed' })
  await store.close()
  await waiting
  other.exec('COMMIT')
  await assert.rejects(store.read(id), { code: 'Backend', reason: 'closed' })
  assert.equal(await store.isHealthy(), false)
  assert.equal((await sqliteSessions({ database }).read(id)).userId, 'ann')
})

await test('each call publishes an event', async () => {
  const { store } = await openStore()
  const events: unknown[] = []
  const listen = (event: unknown): void => void events.push(event)
  subscribe(sqliteOperationChannel, listen)
  await store.delete(await store.create(options))
  unsubscribe(sqliteOperationChannel, listen)
  assert.deepEqual(
    events.map((event) => Reflect.get(Object(event), 'operation')),
    ['create', 'delete'],
  )
})
