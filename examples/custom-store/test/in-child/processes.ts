import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { SessionId } from '@bext/session-core'
import { sqliteSessions } from '../../src/sqlite-store.js'
import type { Answer, Wish } from './visitor.js'

const folder = mkdtempSync(join(tmpdir(), 'custom-store-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

type Call = (method: Wish['method'], ...args: unknown[]) => Promise<unknown>

/** Starts a process with a store over the file. It ends with the test. */
function startVisitor(context: TestContext, path: string): Call {
  const child = fork(fileURLToPath(new URL('./visitor.ts', import.meta.url)), [path])
  context.after(() => child.kill())
  const waiting = new Map<number, (value: unknown) => void>()
  child.on('message', ({ number, value }: Answer) => waiting.get(number)?.(value))
  child.once('exit', (code) => waiting.forEach((answer) => answer(`no answer: the process ended with code ${code}`)))
  return (method, ...args) =>
    new Promise((resolve) => {
      const wish: Wish = { number: waiting.size, method, args }
      waiting.set(wish.number, resolve)
      child.send(wish)
    })
}

await test('processes that begin on a new file at once all write, and none loses anything', async (context) => {
  const path = join(folder, 'new.db')
  const visitors = Array.from({ length: 4 }, () => startVisitor(context, path))
  const visitorOf = (n: number): Call => visitors[n % visitors.length] as Call
  const options = { userId: 'ann', dataJson: '{"n":1}', ttlMs: 60_000 }
  const ids = await Promise.all(Array.from({ length: 200 }, (_, n) => visitorOf(n)('create', options)))
  assert.equal(new Set(ids).size, 200)
  const updates = ids.map((id, n) => visitorOf(n + 1)('update', id, `{"n":${n}}`))
  assert.deepEqual(await Promise.all(updates), ids)
  const store = sqliteSessions({ path })
  for (const [n, id] of ids.entries()) assert.equal((await store.read(id as SessionId)).dataJson, `{"n":${n}}`)
  await store.close()
})

await test('a file that is not in WAL mode yet, and is being written to, is waited for', async (context) => {
  const path = join(folder, 'rollback.db')
  const store = sqliteSessions({ path })
  const id = await store.create({ dataJson: '{}', ttlMs: 60_000 })
  await store.close()
  const other = new DatabaseSync(path)
  other.exec('PRAGMA busy_timeout = 20000; PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE')
  const visitor = startVisitor(context, path)
  const touched = visitor('touch', id, 60_000)
  const first = await Promise.race([touched, new Promise((resolve) => setTimeout(resolve, 500, 'waits'))])
  other.exec('COMMIT')
  other.close()
  assert.deepEqual([first, await touched], ['waits', id])
})

await test('a touch that waits for a lock until its session is over does not bring it back', async (context) => {
  const path = join(folder, 'locked.db')
  const store = sqliteSessions({ path })
  const visitor = startVisitor(context, path)
  assert.equal(await visitor('isHealthy'), true)
  const id = await store.create({ dataJson: '{}', ttlMs: 1000 })
  const { expiresAtMs } = await store.read(id)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const touched = visitor('touch', id, 60_000)
  while (Date.now() < expiresAtMs + 50) await new Promise((resolve) => setTimeout(resolve, 10))
  other.exec('COMMIT')
  other.close()
  assert.equal(await touched, 'NotFound')
  await assert.rejects(store.read(id), { code: 'NotFound' })
  await store.close()
})

await test('a write that is kept waiting ends as Backend in time, reads go on, and nothing happens later', async () => {
  const path = join(folder, 'busy.db')
  const store = sqliteSessions({ path, timeoutMs: 1000 })
  const id = await store.create({ dataJson: '{"n":1}', ttlMs: 60_000 })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.update(id, '{"n":2}'), { code: 'Backend', reason: 'timeout' })
  assert.equal((await store.read(id)).dataJson, '{"n":1}')
  assert.equal(await store.isHealthy(), true)
  other.exec('COMMIT')
  other.close()
  assert.equal((await store.read(id)).dataJson, '{"n":1}')
  await store.update(id, '{"n":3}')
  await store.close()
})

await test('a store whose folder is not there yet answers Backend, and works once it is', async () => {
  const store = sqliteSessions({ path: join(folder, 'later', 'sessions.db') })
  assert.equal(await store.isHealthy(), false)
  await assert.rejects(store.create({ dataJson: '{}', ttlMs: 1000 }), { code: 'Backend' })
  mkdirSync(join(folder, 'later'))
  assert.equal(await store.isHealthy(), true)
  await store.create({ dataJson: '{}', ttlMs: 1000 })
  await store.close()
})

await test('a wrong option is a TypeError that names it', () => {
  assert.throws(() => sqliteSessions({} as never), { name: 'TypeError', message: /option path .* undefined/ })
  assert.throws(() => sqliteSessions({ path: 'a.db', timeoutMs: 0 }), { name: 'TypeError', message: /timeoutMs/ })
  assert.throws(() => sqliteSessions({ path: 'a.db', file: 'b.db' } as never), { name: 'TypeError', message: /"file"/ })
})
