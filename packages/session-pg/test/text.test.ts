import { asSessionId } from '@bext/session-core'
import { pgSessions } from '@bext/session-pg'
import { expect, it, vi } from 'vitest'
import { newTable, openClient, rejectionOf, rejectionsOf } from './helpers/database.js'

it('I3 rejects a user id with a NUL, which PostgreSQL cannot store', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const store = pgSessions({ client: sql, table })
  const calls = [
    store.create({ userId: 'a\0b', dataJson: '{}', ttlMs: 1000 }),
    store.listUserSessions('a\0b'),
    store.endUserSession('a\0b', 'A'.repeat(43)),
    store.endUserSessions('a\0b'),
  ]
  for (const error of await rejectionsOf(calls)) {
    expect(error).toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  }
  expect(await sql`select from ${sql(table)}`).toHaveLength(0)
})

it('O4 resolves to changed for expected data that no session can have', async () => {
  const sql = openClient()
  const store = pgSessions({ client: sql, table: await newTable(sql) })
  const id = await store.create({ dataJson: '"\ufffd"', ttlMs: 60_000 })
  // The driver would encode a lone surrogate as U+FFFD, which would match.
  expect(await store.updateIfUnchanged(id, '"\ud800"', '1')).toEqual({ outcome: 'changed' })
  expect(await store.updateIfUnchanged(id, '"\0"', '1')).toEqual({ outcome: 'changed' })
  expect((await store.read(id)).dataJson).toBe('"\ufffd"')
  const error = await rejectionOf(store.updateIfUnchanged(id, null as unknown as string, '1'))
  expect(error).toMatchObject({ code: 'Invalid', reason: 'bad_argument' })
  await store.delete(id)
  expect((await rejectionOf(store.updateIfUnchanged(id, '"\0"', '1'))).code).toBe('NotFound')
})

it('C2 retries with another id if the id is taken', async () => {
  const sql = openClient()
  const store = pgSessions({ client: sql, table: await newTable(sql) })
  const first = await store.create({ dataJson: '"first"', ttlMs: 60_000 })
  const bytes = Buffer.from(first, 'base64url')
  const random = vi.spyOn(crypto, 'getRandomValues').mockImplementationOnce((array) => {
    new Uint8Array(array.buffer).set(bytes)
    return array
  })
  const second = await store.create({ dataJson: '"second"', ttlMs: 60_000 })
  expect(random).toHaveBeenCalledTimes(2)
  random.mockRestore()
  expect(second).not.toBe(first)
  expect((await store.read(first)).dataJson).toBe('"first"')
  expect((await store.read(second)).dataJson).toBe('"second"')
})

it('I1 passes no id to the driver or the server', async () => {
  const seen: unknown[] = []
  const sql = openClient({ debug: (_connection, query, parameters) => seen.push([query, parameters]) })
  const table = await newTable(sql)
  const store = pgSessions({ client: sql, table })
  const kept = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
  const ended = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
  await store.read(ended)
  await store.update(ended, '1')
  await store.updateIfUnchanged(ended, '1', '2')
  await store.touch(ended, 1000)
  await store.endUserSessions('ann', { except: kept })
  await store.delete(ended)
  const rows = await sql`select whole::text as row from ${sql(table)} as whole`
  const activity = await openClient()`select query from pg_stat_activity where query like ${`%${table}%`}`
  expect(rows).toHaveLength(1)
  expect(activity.length).toBeGreaterThan(0)
  const everything = JSON.stringify([seen, rows, activity])
  expect(everything).toContain('insert into')
  expect(everything).not.toContain(kept)
  expect(everything).not.toContain(ended)
})

it('E3 errors of the server lead to messages without ids, users or data', async () => {
  const sql = openClient()
  const store = pgSessions({ client: sql, table: 'missing_secret_table' })
  const id = asSessionId('B'.repeat(42) + 'A')
  const errors = await rejectionsOf([store.update(id, '"private"'), store.endUserSessions('ann-private')])
  for (const { message } of errors) expect(message).not.toMatch(/BBBB|private|secret/)
})
