import { migrate, sqliteSessions } from '@bext/session-sqlite'
import { expect, test } from 'vitest'

const database = { prepare: () => {}, exec: () => {}, open: () => {}, close: () => {} } as never
// node-sqlite3, whose methods take callbacks.
const withCallbacks = { prepare: () => {}, exec: () => {}, run: () => {}, close: () => {}, open: true }

test.each([
  ['a path', 'sessions.db', /expected an object of options/],
  ['a bare connection', database, /did you mean sqliteSessions\(\{ database \}\)/],
  ['no connection', {}, /option database: expected a DatabaseSync of node:sqlite.*undefined/],
  ['a path as connection', { database: 'sessions.db' }, /a string\. Open the file with your driver first/],
  ['a driver with callbacks', { database: withCallbacks }, /option database/],
  ['an unknown option', { database, path: 'sessions.db' }, /no option "path"/],
  ['a table of SQLite', { database, table: 'sqlite_master' }, /option table/],
  ['a table that is no text', { database, table: 7 }, /option table .* a number/],
  ['a timeout of 0', { database, timeoutMs: 0 }, /timeoutMs/],
  ['a size of 0', { database, maxDataBytes: 0 }, /maxDataBytes/],
])('%s is a TypeError that says what is expected', (_, options, message) => {
  expect(() => sqliteSessions(options as never)).toThrow(TypeError)
  expect(() => sqliteSessions(options as never)).toThrow(message)
})

test('migrate rejects wrong options with a TypeError', async () => {
  await expect(migrate('sessions.db' as never)).rejects.toThrow(/migrate: expected a DatabaseSync/)
  await expect(migrate(database, { schema: 'main' } as never)).rejects.toThrow(/no option "schema"/)
})
