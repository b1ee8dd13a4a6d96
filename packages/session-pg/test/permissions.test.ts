import { migrate, pgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import {
  newRole,
  newSchema,
  newTable,
  openClient,
  postgresUrl,
  randomName,
  rejectionOf,
  rejectionsOf,
} from './helpers/database.js'

/** Creates a role that can log in and has no rights. */
async function newLoginRole(owner: postgres.Sql): Promise<string> {
  const role = await newRole(owner)
  await owner`alter role ${owner(role)} login password ${owner.unsafe(`'${role}'`)}`
  return role
}

function urlOf(role: string, database?: string): string {
  const url = new URL(postgresUrl)
  url.username = role
  url.password = role
  if (database !== undefined) url.pathname = `/${database}`
  return url.href
}

it('E4 names the right to connect if the database rejects the role', async () => {
  const owner = openClient({ max: 1 })
  const role = await newLoginRole(owner)
  const database = randomName()
  await owner`create database ${owner(database)}`
  onTestFinished(async () => {
    await owner`drop database ${owner(database)} with (force)`
  })
  await owner`revoke connect on database ${owner(database)} from public`
  const store = pgSessions({ client: openClient({}, urlOf(role, database)) })
  const refused = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 1000 }))
  expect(refused).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42501' } })
  expect(refused.message).toContain('connect on the database')
  expect(refused.message).not.toContain('table')
})

it('E4 says why the login fails', async () => {
  const owner = openClient({ max: 1 })
  const role = await newLoginRole(owner)
  const store = pgSessions({ client: openClient({}, urlOf(role, randomName())) })
  const refused = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 1000 }))
  expect(refused).toMatchObject({ reason: 'failed', cause: { code: '3D000' } })
  expect(refused.message).toContain('The database does not exist')
  expect(refused.message).not.toContain(role)
})

it('E4 names the rights that migrate lacks', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const role = await newRole(owner)
  const sql = openClient({ connection: { role } })
  const noUsage = await rejectionOf(migrate(sql, { schema }))
  expect(noUsage).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42501' } })
  expect(noUsage.message).toContain('usage and create on the schema')
  await owner`grant usage on schema ${owner(schema)} to ${owner(role)}`
  expect((await rejectionOf(migrate(sql, { schema }))).message).toContain('usage and create on the schema')
  await owner`grant create on schema ${owner(schema)} to ${owner(role)}`
  await migrate(sql, { schema })
})

it('E4 says that the server accepts no writes, not that it cannot be reached', async () => {
  const owner = openClient()
  const table = await newTable(owner)
  const sql = openClient({ connection: { default_transaction_read_only: true } })
  const store = pgSessions({ client: sql, table })
  const id = await pgSessions({ client: owner, table }).create({ dataJson: '1', ttlMs: 60_000 })
  expect((await store.read(id)).dataJson).toBe('1')
  const calls = [store.update(id, '2'), store.delete(id), migrate(sql, { table: randomName() })]
  for (const refused of await rejectionsOf(calls)) {
    expect(refused).toMatchObject({ code: 'Backend', reason: 'unavailable', cause: { code: '25006' } })
    expect(refused.message).toContain('accepts no writes')
    expect(refused.message).not.toContain('reached')
  }
  await migrate(sql, { table })
})

it('needs only the rights to select, insert, update and delete, also to find its table migrated', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  await migrate(owner, { schema })
  const role = await newRole(owner)
  await owner`grant usage on schema ${owner(schema)} to ${owner(role)}`
  const sql = openClient({ connection: { role } })
  const store = pgSessions({ client: sql, schema })
  const refused = await rejectionOf(store.create({ dataJson: '{}', ttlMs: 1000 }))
  expect(refused.code).toBe('Backend')
  expect(refused.message).toContain('select, insert, update and delete')

  await owner`grant select, insert, update, delete on ${owner(schema)}.sessions to ${owner(role)}`
  await migrate(sql, { schema })
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.update(id, '2')
  await store.updateIfUnchanged(id, '2', '3')
  await store.touch(id, 60_000)
  expect((await store.read(id)).dataJson).toBe('3')
  await store.sweep()
  await store.endUserSessions('ann', { except: id })
  const [summary] = await store.listUserSessions('ann')
  await store.endUserSession('ann', String(summary?.handle))
  await store.delete(id)
  expect(await store.isHealthy()).toBe(true)
})
