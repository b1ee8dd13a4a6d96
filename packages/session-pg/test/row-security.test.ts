import type { SessionId } from '@bext/session-core'
import { migrate, pgSessions, type LayoutOptions, type PgSessions } from '@bext/session-pg'
import type postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { openDriver, type DriverName } from './helpers/drivers.js'
import { newRole, newSchema, openClient, rejectionOf, rejectionsOf } from './helpers/database.js'

interface Scene {
  readonly owner: postgres.Sql
  readonly schema: string
  /** The owner's store, which sees all rows. */
  readonly ownerStore: PgSessions
  /** The store of a role to which row level security applies. */
  readonly store: PgSessions
  readonly ids: readonly SessionId[]
  /** Runs SQL over the table `sessions` as its owner. */
  readonly alter: (text: string) => Promise<unknown>
}

async function openScene(layout: LayoutOptions = {}, driver: DriverName = 'postgres.js'): Promise<Scene> {
  const owner = openClient()
  const schema = await newSchema(owner)
  await migrate(owner, { ...layout, schema })
  const role = await newRole(owner)
  await owner`grant usage on schema ${owner(schema)} to ${owner(role)}`
  await owner`grant select, insert, update, delete on ${owner(schema)}.sessions to ${owner(role)}`
  const ownerStore = pgSessions({ client: owner, schema })
  const ids = await Promise.all(
    [1, 2, 3].map((n) => ownerStore.create({ userId: 'ann', dataJson: `${n}`, ttlMs: 60_000 })),
  )
  const store = pgSessions({ client: openDriver(driver, { role }), schema, timeoutMs: 20_000 })
  const alter = (text: string) => owner.unsafe(text.replaceAll('sessions', `"${schema}".sessions`))
  return { owner, schema, ownerStore, store, ids, alter }
}

type Call = (store: PgSessions, id: SessionId, handle: string, dataJson: string) => Promise<unknown>

const writes: Readonly<Record<string, Call>> = {
  update: (store, id) => store.update(id, '"new"'),
  updateIfUnchanged: (store, id, _handle, dataJson) => store.updateIfUnchanged(id, dataJson, '"new"'),
  touch: (store, id) => store.touch(id, 120_000),
  delete: (store, id) => store.delete(id),
  endUserSession: (store, _id, handle) => store.endUserSession('ann', handle),
  endUserSessions: (store) => store.endUserSessions('ann'),
}

const reads: Readonly<Record<string, Call>> = {
  read: (store, id) => store.read(id),
  listUserSessions: (store) => store.listUserSessions('ann'),
}

/** Expects the call to fail and to leave the sessions unchanged, for one session and for a batch. */
async function expectFailure({ store, ownerStore, ids }: Scene, call: Call, message: RegExp): Promise<void> {
  const handle = String((await ownerStore.listUserSessions('ann'))[0]?.handle)
  const before = await Promise.all(ids.map((id) => ownerStore.read(id)))
  const calls = before.map(
    ({ id, dataJson }) =>
      () =>
        call(store, id, handle, dataJson),
  )
  const errors = [
    await rejectionOf((calls[0] as (typeof calls)[0])()),
    ...(await rejectionsOf(calls.map((send) => send()))),
  ]
  for (const error of errors) {
    expect(error).toMatchObject({ code: 'Backend', reason: 'failed' })
    expect(error.message).toMatch(message)
  }
  expect(await Promise.all(ids.map((id) => ownerStore.read(id)))).toEqual(before)
}

const layouts: readonly [LayoutOptions, DriverName][] = [
  [{}, 'postgres.js'],
  [{ partitions: 2 }, 'postgres.js'],
  [{}, 'pg'],
]

describe.each(layouts)('E4 row level security without a policy, on a table with %o, over %s', (layout, driver) => {
  it.each(Object.entries({ ...reads, ...writes }))(
    '%s fails, and reports no session as missing',
    async (_name, call) => {
      const scene = await openScene(layout, driver)
      await scene.alter('alter table sessions enable row level security')
      await expectFailure(scene, call, /[Rr]ow level security/)
    },
  )

  it('create and sweep fail', async () => {
    const { store, alter } = await openScene(layout, driver)
    await alter('alter table sessions enable row level security')
    const message = expect.stringMatching(/[Rr]ow level security/) as string
    const calls = [1, 2].map(() => store.create({ dataJson: '1', ttlMs: 60_000 }))
    for (const error of await rejectionsOf([...calls, store.sweep()])) {
      expect(error).toMatchObject({ code: 'Backend', reason: 'failed', message })
    }
  })
})

describe('E4 row level security with policies for select and insert only', () => {
  it.each(Object.entries(writes))('%s fails, and is not reported as done', async (_name, call) => {
    const scene = await openScene()
    // The store worked before the policies were added.
    await scene.store.read(scene.ids[0] as SessionId)
    await scene.store.touch(scene.ids[0] as SessionId, 60_000)
    await scene.alter(`create policy reading on sessions for select using (true);
      create policy adding on sessions for insert with check (true);
      alter table sessions enable row level security`)
    await expectFailure(scene, call, /[Rr]ow level security/)
  })

  it('C1 only the create whose data a policy rejects fails', async () => {
    const { store, alter } = await openScene()
    await alter(`create policy reading on sessions for select using (true);
      create policy adding on sessions for insert with check (user_id = 'ann');
      alter table sessions enable row level security`)
    const users = ['ann', 'ben', 'ann', 'ann']
    const results = await Promise.allSettled(
      users.map((userId) => store.create({ userId, dataJson: '1', ttlMs: 60_000 })),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'Backend', reason: 'failed' } })
  })

  it('reads visible sessions, and fails for sessions that may be hidden', async () => {
    const { store, ids, alter } = await openScene()
    await alter(`create policy reading on sessions for select using (data_json <> '3');
      create policy adding on sessions for insert with check (true);
      alter table sessions enable row level security`)
    const [first, second, third] = ids as [SessionId, SessionId, SessionId]
    const results = await Promise.allSettled([first, second, third].map((id) => store.read(id)))
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { dataJson: '1' } },
      { status: 'fulfilled', value: { dataJson: '2' } },
      { status: 'rejected', reason: { code: 'Backend', reason: 'failed' } },
    ])
    await store.create({ dataJson: '4', ttlMs: 60_000 })
  })
})

it('E4 row level security that does not apply to the role changes nothing', async () => {
  const { ownerStore, ids, alter } = await openScene()
  await alter('alter table sessions enable row level security')
  const [first, second] = ids as [SessionId, SessionId]
  await ownerStore.update(first, '"new"')
  await ownerStore.delete(second)
  expect((await rejectionOf(ownerStore.read(second))).code).toBe('NotFound')
  await ownerStore.endUserSessions('ann')
  expect(await ownerStore.listUserSessions('ann')).toEqual([])
})

it('E4 row_security = off gives an error that says what to do', async () => {
  const { schema, alter, ids, owner } = await openScene()
  const [row] = await owner`select grantee from information_schema.role_table_grants
    where table_schema = ${schema} and grantee like 't!_%' escape '!' limit 1`
  await alter('alter table sessions enable row level security')
  const sql = openClient({ connection: { role: String(row?.['grantee']), row_security: 'off' } })
  const message = expect.stringMatching(/[Rr]ow level security/) as string
  const error = await rejectionOf(pgSessions({ client: sql, schema }).read(ids[0] as SessionId))
  expect(error).toMatchObject({ code: 'Backend', reason: 'failed', message })
})

describe('E4 a trigger that keeps the server from writing rows', () => {
  it.each(Object.entries(writes))('%s fails, and is not reported as done', async (_name, call) => {
    const scene = await openScene()
    await scene.alter(`create function "${scene.schema}".swallow() returns trigger language plpgsql as 'begin return null; end';
      create trigger swallow before update or delete on sessions for each row execute function "${scene.schema}".swallow()`)
    await expectFailure(scene, call, /trigger/)
  })

  it('create and sweep fail', async () => {
    const { store, ownerStore, schema, alter, owner } = await openScene()
    const expired = await ownerStore.create({ dataJson: '1', ttlMs: 60_000 })
    await alter(`create function "${schema}".swallow() returns trigger language plpgsql as 'begin return null; end';
      update sessions set expires_at_ms = 1 where data_json = '1';
      create trigger swallow before insert or delete on sessions for each row execute function "${schema}".swallow()`)
    const message = expect.stringMatching(/trigger/) as string
    const calls = [1, 2, 3].map(() => store.create({ dataJson: '1', ttlMs: 60_000 }))
    for (const error of await rejectionsOf([...calls, store.sweep()])) {
      expect(error).toMatchObject({ code: 'Backend', reason: 'failed', message })
    }
    expect((await rejectionOf(store.read(expired))).code).toBe('NotFound')
    expect(await owner`select from ${owner(schema)}.sessions`).toHaveLength(4)
  })
})

it.each(Object.entries({ ...reads, ...writes }))(
  'E4 %s fails for a view in place of the table, which may hide rows',
  async (_name, call) => {
    const { owner, schema, store, ownerStore, ids } = await openScene()
    const [summary] = await ownerStore.listUserSessions('ann')
    await owner.unsafe(`alter table "${schema}".sessions rename to kept;
      create view "${schema}".sessions as select * from "${schema}".kept where data_json <> '1';
      grant select, insert, update, delete on "${schema}".sessions to public`)
    const calls = ids.map((id) => call(store, id, String(summary?.handle), '1'))
    for (const error of await rejectionsOf(calls)) {
      expect(error).toMatchObject({ code: 'Backend', reason: 'failed', cause: { code: '42703' } })
    }
    expect(await owner`select from ${owner(schema)}.kept where expires_at_ms > 1`).toHaveLength(3)
  },
)
