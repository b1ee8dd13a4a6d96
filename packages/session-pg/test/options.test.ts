import type { PgSessionsOptions } from '@bext/session-pg'
import { migrate, migrations, pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { expect, it } from 'vitest'
import { openClient } from './helpers/database.js'

const url = 'postgres://user:pass-word@127.0.0.1/db'

const wrongOptions: [what: string, options: unknown, expected: RegExp][] = [
  ['nothing', undefined, /expected an object of options, but it is undefined/],
  ['neither client nor url', {}, /exactly one of the options client and url, but got neither/],
  ['both client and url', { client: () => {}, url }, /exactly one of the options client and url, but got both/],
  ['an unknown option', { url, tableName: 'x' }, /no option "tableName"/],
  [
    'a client that is none',
    { client: {} },
    /client of postgres\.js, a Pool of pg, a PGlite instance, or a PgAdapter, but it is an object/,
  ],
  ['a client that is null', { client: null }, /a PgAdapter, but it is null/],
  ['a client without queries', { client: () => {} }, /a PgAdapter, but it is a function/],
  ['a url that is no string', { url: new URL(url) }, /option url must be a string, but it is an object/],
  ['an empty url', { url: '' }, /option url must be like postgres:/],
  ['a url of another protocol', { url: 'mysql://user:pass-word@127.0.0.1/db' }, /option url must be like postgres:/],
  ['a malformed url', { url: 'postgres://user:pass-word@:x:/db' }, /option url must be like postgres:/],
  ['a malformed escape', { url: 'postgres://user:pass-word%@127.0.0.1/db' }, /option url must be like postgres:/],
  ['an empty table', { url, table: '' }, /option table must be a name of 1 to 48 bytes .* has 0 bytes/],
  ['a table that is no string', { url, table: 7 }, /option table .* but it is a number/],
  ['a client instead of options', postgres(url), /did you mean pgSessions\(\{ client \}\)\?/],
  ['a URL instead of options', url, /did you mean pgSessions\(\{ url \}\)\?/],
  ['a timeout that no timer takes', { url, timeoutMs: 2 ** 31 }, /option timeoutMs must be at most 2147483647/],
  ['a table with a NUL', { url, table: 'a\0b' }, /option table .* but it contains a NUL/],
  ['a table with a lone surrogate', { url, table: '\ud800' }, /option table .* but it contains a lone surrogate/],
  ['a long table', { url, table: 'é'.repeat(25) }, /option table .* but it has 50 bytes/],
  ['an empty schema', { url, schema: '' }, /option schema must be a name of 1 to 63 bytes without NUL/],
  ['a long schema', { url, schema: 's'.repeat(64) }, /option schema .* but it has 64 bytes/],
  ['a fractional timeout', { url, timeoutMs: 0.5 }, /option timeoutMs must be a positive integer/],
  ['no room for data', { url, maxDataBytes: 0 }, /option maxDataBytes must be a positive integer/],
]

it.each(wrongOptions)('rejects %s with a TypeError that contains no secret', (_what, options, expected) => {
  let error: unknown
  try {
    pgSessions(options as PgSessionsOptions)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toHaveProperty('message', expect.stringMatching(/^pgSessions: /))
  expect(error).toHaveProperty('message', expect.stringMatching(expected))
  expect(error).toHaveProperty('message', expect.not.stringContaining('pass-word'))
  expect(error).not.toHaveProperty('cause')
})

it('accepts the longest names and any client of postgres.js', () => {
  const sql = openClient()
  expect(pgSessions({ client: sql, table: 't'.repeat(48), schema: 's'.repeat(63) }).name).toBe('pg')
  expect(pgSessions({ client: postgres(url, { types: { bigint: postgres.BigInt } }) }).name).toBe('pg')
})

it('rejects wrong options of migrations and migrate', async () => {
  expect(() => migrations({ table: '' })).toThrow(
    new TypeError('migrations: option table must be a name of 1 to 48 bytes without NUL, but it has 0 bytes.'),
  )
  expect(() => migrations({ tabel: 'x' } as object)).toThrow(TypeError)
  for (const partitions of [1, 65, 2.5, '4']) {
    const message = 'migrations: option partitions must be an integer from 2 to 64.'
    expect(() => migrations({ partitions } as object)).toThrow(new TypeError(message))
  }
  expect(() => migrations({ unlogged: 1 } as object)).toThrow('migrations: option unlogged must be a boolean.')
  const sql = openClient()
  await expect(migrate(sql, { schema: '' })).rejects.toThrow(TypeError)
  await expect(migrate(sql, { tabel: 'x' } as object)).rejects.toThrow(TypeError)
  await expect(migrate({} as typeof sql)).rejects.toThrow('migrate: expected a client of postgres.js')
})
