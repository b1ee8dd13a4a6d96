import { SessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { StoreHarness } from '../../src/index.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import type { PgMutation, PgServer, PgSteps } from './pg-base.js'
import { pgHarness } from './pg-base.js'
import { notFound } from './server-base.js'

type PgMutant = Mutant<PgServer>

function pgMutant(
  described: Omit<PgMutant, 'make'> & { readonly steps: PgMutation; readonly harness?: Partial<StoreHarness> },
): PgMutant {
  return { ...described, make: (server) => pgHarness(described.name, server, described.steps, described.harness) }
}

/** Makes a harness of the correct store with some statements replaced. */
function rewriting(...changes: readonly (readonly [from: string, to: string])[]): PgMutation {
  return ({ write }) => ({
    write: (text, ...values) =>
      write(
        changes.reduce((changed, [from, to]) => changed.replace(from, to), text),
        ...values,
      ),
  })
}

/** Rejects as the driver does, in time. */
function raw<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  return Promise.race([
    work(),
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('canceling statement due to statement timeout')), timeoutMs)
    }),
  ])
}

/** Steps that write without a deadline. */
function writeWithin(
  steps: PgSteps,
  bound: <T>(timeoutMs: number, work: () => Promise<T>) => Promise<T>,
): Partial<PgSteps> {
  const { sql, timeoutMs } = steps
  const run = (
    text: string,
    values: readonly (string | number | null)[],
  ): Promise<readonly Record<string, unknown>[]> =>
    bound(timeoutMs, async () => sql.unsafe(text, [...values], { prepare: true }))
  return {
    query: (text, ...values) => run(text, values),
    async write(change, ...values) {
      const clock = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms, $1::bigint as not_after'
      const text = `with now as materialized (select ${clock}), hit as (${change} returning 1) select count(*) as hits from hit`
      return Number((await run(text, [Number.MAX_SAFE_INTEGER, ...values]))[0]?.['hits'])
    },
  }
}

/** Broken stores over PostgreSQL. */
export const pgMutants: readonly PgMutant[] = [
  pgMutant({
    name: 'pg: data are jsonb',
    rule: 'R2',
    breaks: 'It is the type for JSON. It sorts keys, changes spellings, and rejects NUL.',
    caughtBy: numbered('R2-json', 5, 6, 7, 9, 10),
    steps: rewriting(['$5,', '$5::text::jsonb::text,'], ['data = $4', 'data = $4::text::jsonb::text']),
  }),
  pgMutant({
    name: 'pg: update() upserts',
    rule: 'U3',
    breaks: 'One statement for create() and update(): insert … on conflict do update.',
    caughtBy: ['U3-deleted', 'U3-expired', 'D2-gone'],
    steps: (right) => ({
      async update(id, dataJson) {
        const change = `insert into ${right.table} (space, hash, data, created, expires) select $2, $3, $4, ms, ms + 9000000 from now
          on conflict (space, hash) do update set data = excluded.data, expires = greatest(${right.table}.expires, excluded.created + 60000)`
        await right.write(change, right.space, right.hashOf(right.checkId(id)), right.checkData(dataJson))
        return id
      },
    }),
  }),
  pgMutant({
    name: 'pg: create() overwrites',
    rule: 'C2',
    breaks: 'insert … on conflict do update, because two equal ids never occur.',
    caughtBy: ['C2-collision'],
    steps: rewriting(['on conflict do nothing', 'on conflict (space, hash) do update set data = excluded.data']),
  }),
  pgMutant({
    name: 'pg: update() ignores the expiry',
    rule: 'U3',
    breaks: 'A row that is not yet swept is updated, and the call resolves.',
    caughtBy: ['U3-expired', 'R3-stays-gone'],
    steps: rewriting([
      'where space = $2 and hash = $3 and expires > ms and ms < not_after',
      'where space = $2 and hash = $3 and ms < not_after',
    ]),
  }),
  pgMutant({
    name: 'pg: read() ignores the expiry',
    rule: 'R3',
    breaks: 'Only the sweep removes expired sessions.',
    caughtBy: ['R3-expires', 'R3-stays-gone'],
    steps: ({ query }) => ({ query: (text, ...values) => query(text.replace(/ and expires > .*$/s, ''), ...values) }),
  }),
  pgMutant({
    name: 'pg: the number of changed rows is ignored',
    rule: 'U3',
    breaks: 'An UPDATE that matches no row is no error.',
    caughtBy: ['U3-deleted', 'T3-deleted'],
    steps: ({ write }) => ({ write: async (text, ...values) => Math.max(1, await write(text, ...values)) }),
  }),
  pgMutant({
    name: 'pg: update() selects, then writes',
    rule: 'U4',
    breaks: 'save() of an object-relational mapper inserts what it does not find.',
    caughtBy: ['U4-delete-step', 'U1-touch-step'],
    steps: (right) => ({
      async update(id, dataJson) {
        const { userId, createdAtMs, expiresAtMs } = await right.read(id)
        const change = `insert into ${right.table} select $2, $3, $4, $5, $6::bigint, $7::bigint from now where ms < not_after
          on conflict (space, hash) do update set data = excluded.data, expires = excluded.expires`
        const data = right.checkData(dataJson)
        await right.write(change, right.space, right.hashOf(id), userId ?? null, data, createdAtMs, expiresAtMs)
        return id
      },
    }),
  }),
  pgMutant({
    name: 'pg: touch() selects, then writes the whole row',
    rule: 'T4',
    breaks: 'save() of an object-relational mapper writes every column.',
    caughtBy: ['T2-update-step', 'T4-one-round-trip'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const { dataJson } = await right.read(id)
        const change = `update ${right.table} set data = $4, expires = ms + $5::bigint from now
          where space = $2 and hash = $3 and expires > ms and ms < not_after`
        if ((await right.write(change, right.space, right.hashOf(id), dataJson, right.checkTtl(ttlMs))) === 0)
          throw notFound()
        return id
      },
    }),
  }),
  pgMutant({
    name: 'pg: touch() holds a lock between two statements',
    rule: 'T4',
    breaks: 'select … for update and update in one transaction are correct, but need four round trips.',
    caughtBy: ['T2-update-step', 'T4-one-round-trip'],
    steps: (right) => ({
      async touch(id, ttlMs) {
        const checked = right.checkTtl(ttlMs)
        const where =
          'where space = $1 and hash = $2 and expires > floor(extract(epoch from clock_timestamp()) * 1000)::bigint'
        await withinDeadline(right.timeoutMs, () =>
          right.sql.begin(async (sql) => {
            const key = [right.space, right.hashOf(right.checkId(id))]
            const [row] = await sql.unsafe(`select 1 from ${right.table} ${where} for update`, key)
            if (row === undefined) throw notFound()
            await sql.unsafe(`update ${right.table} set expires = expires - expires + $3::bigint ${where}`, [
              ...key,
              Date.now() + checked,
            ])
          }),
        )
        return id
      },
    }),
  }),
  pgMutant({
    name: 'pg: writes are sent without a deadline',
    rule: 'E2',
    breaks: 'A timer rejects the call, but its statement waits in the socket.',
    caughtBy: ['E2-zombie-stalls', 'E2-zombie-create'],
    steps: (right) => writeWithin(right, withinDeadline),
  }),
  pgMutant({
    name: 'pg: errors of the driver are passed on',
    rule: 'E1',
    breaks: 'They tell what happened.',
    caughtBy: ['E4-not-gone-refuses', 'E4-not-gone-stalls', 'E5-from-the-start'],
    steps: (right) => writeWithin(right, raw),
  }),
  pgMutant({
    name: 'pg: calls have no deadline',
    rule: 'E5',
    breaks: 'statement_timeout was set, but an unreachable server cannot report it.',
    caughtBy: ['E4-not-gone-stalls', 'H1-down'],
    steps: (right) => writeWithin(right, (_, work) => withinDeadline(60_000, work)),
  }),
  pgMutant({
    name: 'pg: a failing read is NotFound',
    rule: 'E4',
    breaks: 'No row came back.',
    caughtBy: ['E4-not-gone-refuses', 'E4-not-gone-stalls'],
    steps: ({ query }) => ({ query: (text, ...values) => query(text, ...values).catch(() => []) }),
  }),
  pgMutant({
    name: 'pg: errors contain the statement',
    rule: 'E3',
    breaks: 'The message contains the parameters, for the log.',
    caughtBy: ['E4-not-gone-refuses'],
    steps: ({ write }) => ({
      write: (text, ...values) =>
        write(text, ...values).catch((cause: unknown) => {
          throw new SessionError('failed', `${text.slice(0, 40)} failed with ${JSON.stringify(values)}`, { cause })
        }),
    }),
  }),
  pgMutant({
    name: 'pg: isHealthy() stays true',
    rule: 'H1',
    breaks: 'The pool has connected once.',
    caughtBy: ['H1-down'],
    steps: (right) => {
      let wasHealthy = false
      return { isHealthy: async () => (wasHealthy ||= await right.isHealthy()) }
    },
  }),
  pgMutant({
    name: 'pg: a NUL in a user id is Backend',
    rule: 'I3',
    breaks: 'The type text cannot contain it, so the server rejects it.',
    caughtBy: ['I3-user-8'],
    steps: () => ({
      checkUser: (userId) => {
        if (userId === undefined || typeof userId === 'string') return userId?.toWellFormed()
        throw new SessionError('bad_argument', 'userId must be text.')
      },
    }),
  }),
  pgMutant({
    name: 'pg: ids are stored unhashed in a column',
    rule: 'I1',
    breaks: 'The hash is the key. The id is stored for debugging.',
    caughtBy: ['I1-no-ids-kept'],
    steps: ({ hashOf }) => ({ hashOf: (id) => `${hashOf(id)} ${id}` }),
  }),
  pgMutant({
    name: 'pg: sweep() treats local times as UTC',
    rule: 'O2',
    breaks: 'A timestamp without a zone is compared with now().',
    caughtBy: ['O2-bounded', 'O2-at-once'],
    steps: rewriting(['expires <= (select ms from now)', 'expires <= (select ms + 3600000 from now)']),
  }),
  pgMutant({
    name: 'pg: sweep() has no limit',
    rule: 'O2',
    breaks: 'One DELETE does it all.',
    caughtBy: ['O2-bounded'],
    steps: rewriting(['limit $3::int', 'limit $3::int + 1000']),
  }),
  pgMutant({
    name: 'pg: users are found by a prefix of their ids',
    rule: 'O1',
    breaks: 'LIKE was copied from a search form.',
    caughtBy: ['O1-list'],
    steps: ({ query }) => ({
      query: (text, ...values) => query(text.replace('user_id = $2', "user_id like $2 || '%'"), ...values),
    }),
  }),
  pgMutant({
    name: 'pg: lists contain expired sessions',
    rule: 'O1',
    breaks: 'The sweeper takes it out, later.',
    caughtBy: ['O1-list'],
    steps: ({ query }) => ({
      query: (text, ...values) => query(text.replace(/ and expires > \S+ .* order by/s, ' order by'), ...values),
    }),
  }),
  pgMutant({
    name: 'pg: all namespaces share one table',
    rule: 'I2',
    breaks: 'The name of the table is fixed, and the option is not used in every statement.',
    caughtBy: ['I2-namespaces'],
    steps: ({ query }) => ({
      query: (text, ...values) => query(text.replace('space = $1 and', '$1::text is not null and'), ...values),
    }),
  }),
  pgMutant({
    name: 'pg: times come from the clock of the process',
    rule: 'C5',
    breaks: 'Date.now() is bound as a parameter, and compared with now().',
    caughtBy: ['C5-one-clock'],
    steps: ({ write }) => ({
      write: (text, ...values) => write(text.replaceAll(/\bms \+/g, `${Date.now()}::bigint +`), ...values),
    }),
  }),
]
