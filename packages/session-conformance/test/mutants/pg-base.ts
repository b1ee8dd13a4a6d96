import { createHash, randomBytes } from 'node:crypto'
import type { SessionId, SessionPlugin, SessionRecord, SweepCapability, UserIndexCapability } from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import { createWriteFence, withinDeadline } from '@bext/session-core/store-helpers'
import type { Row, Sql } from 'postgres'
import postgres from 'postgres'
import type { StoreHarness } from '../../src/index.js'
import type { Checks } from './checks.js'
import { invalid, maxDataBytes, rightChecks } from './checks.js'
import { notFound } from './server-base.js'

/** SQL expression for the server's clock, in whole milliseconds. */
const clock = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** A server-backed store over PostgreSQL as steps that can be replaced. Times are bigint milliseconds. */
export interface PgSteps extends SessionPlugin, UserIndexCapability, SweepCapability, Checks {
  readonly sql: Sql
  readonly table: string
  readonly timeoutMs: number
  readonly space: string
  readonly checkId: (id: unknown) => string
  readonly hashOf: (id: string) => string
  /** Runs one statement within the deadline. */
  readonly query: (text: string, ...values: readonly (string | number | null)[]) => Promise<readonly Row[]>
  /**
   * Runs `change` on rows, as `with now as (select … ms, $1 not_after) change returning 1`, unless the deadline has
   * passed on the server; resolves to how many rows it hit. Values are numbered from $2.
   */
  readonly write: (change: string, ...values: readonly (string | number | null)[]) => Promise<number>
  readonly toRecord: (id: SessionId, row: Row) => SessionRecord
}

export type PgMutation = (right: PgSteps) => Partial<PgSteps>

function rightSteps(self: PgSteps, sql: Sql, table: string, space: string, timeoutMs: number): PgSteps {
  const fence = createWriteFence(async () => Number((await sql.unsafe(`select ${clock} as ms`))[0]?.['ms']))
  return {
    ...rightChecks(self),
    name: 'mutant pg',
    sql,
    table,
    space,
    timeoutMs,
    checkTtl(ttlMs) {
      if (typeof ttlMs === 'number' && ttlMs > 10 ** 12) throw invalid('ttlMs is too large.')
      return rightChecks(self).checkTtl(ttlMs)
    },
    checkUser(userId) {
      if (typeof userId === 'string' && userId.includes('\u0000')) throw invalid('userId must not hold a NUL.')
      return rightChecks(self).checkUser(userId)
    },
    checkId(id) {
      if (typeof id === 'string' && /^[0-9a-f]{48}$/.test(id) && id.length === 48) return id
      throw new SessionError('malformed', 'The id is malformed.')
    },
    hashOf: (id) => createHash('sha256').update(id).digest('base64url'),
    query: (text, ...values) => withinDeadline(timeoutMs, async () => sql.unsafe(text, [...values], { prepare: true })),
    write: (change, ...values) =>
      withinDeadline(timeoutMs, (deadline) =>
        fence.write(deadline, async (notAfterMs) => {
          const text = `with now as materialized (select ${clock} as ms, $1::bigint as not_after),
            hit as (${change} returning 1) select ms, ms >= not_after as late, (select count(*) from hit) as hits from now`
          const [row] = await sql.unsafe(text, [notAfterMs, ...values], { prepare: true })
          return {
            serverNowMs: Number(row?.['ms']),
            outcome: row?.['late'] === true ? ('late' as const) : Number(row?.['hits']),
          }
        }),
      ),
    toRecord: (id, row) => ({
      id,
      userId: (row['user_id'] as string | null) ?? undefined,
      dataJson: row['data'] as string,
      createdAtMs: Number(row['created']),
      expiresAtMs: Number(row['expires']),
    }),

    async create(options) {
      const { userId, dataJson, ttlMs } = self.checkOptions(options)
      for (;;) {
        const id = randomBytes(24).toString('hex')
        const change = `insert into ${table} (space, hash, user_id, data, created, expires)
          select $2, $3, $4, $5, ms, ms + $6::bigint from now where ms < not_after on conflict do nothing`
        if ((await self.write(change, space, self.hashOf(id), userId ?? null, dataJson, ttlMs)) === 1)
          return asSessionId(id)
      }
    },
    async read(id) {
      const hash = self.hashOf(self.checkId(id))
      const [row] = await self.query(
        `select * from ${table} where space = $1 and hash = $2 and expires > ${clock}`,
        space,
        hash,
      )
      if (row === undefined) throw notFound()
      return self.toRecord(id, row)
    },
    async update(id, dataJson) {
      const checked = self.checkData(dataJson)
      const change = `update ${table} set data = $4 from now where space = $2 and hash = $3 and expires > ms and ms < not_after`
      if ((await self.write(change, space, self.hashOf(self.checkId(id)), checked)) === 0) throw notFound()
      return id
    },
    async touch(id, ttlMs) {
      const checked = self.checkTtl(ttlMs)
      const change = `update ${table} set expires = ms + $4::bigint from now
        where space = $2 and hash = $3 and expires > ms and ms < not_after`
      if ((await self.write(change, space, self.hashOf(self.checkId(id)), checked)) === 0) throw notFound()
      return id
    },
    async delete(id) {
      if (typeof id !== 'string' || id.length !== 48) return
      await self.write(
        `delete from ${table} using now where space = $2 and hash = $3 and ms < not_after`,
        space,
        self.hashOf(id),
      )
    },
    isHealthy: () =>
      self.query('select 1').then(
        () => true,
        () => false,
      ),

    async listUserSessions(userId) {
      const rows = await self.query(
        `select hash, created, expires from ${table} where space = $1 and user_id = $2 and expires > ${clock} order by created, hash`,
        space,
        self.checkUser(userId) ?? null,
      )
      return rows.map((row) => ({
        handle: row['hash'] as string,
        createdAtMs: Number(row['created']),
        expiresAtMs: Number(row['expires']),
      }))
    },
    async endUserSession(userId, handle) {
      const change = `delete from ${table} using now where space = $2 and user_id = $3 and hash = $4 and ms < not_after`
      await self.write(change, space, userId, handle)
    },
    async endUserSessions(userId, { except } = {}) {
      const change = `delete from ${table} using now where space = $2 and user_id = $3 and hash <> $4 and ms < not_after`
      await self.write(change, space, userId, except === undefined ? '' : self.hashOf(except))
    },
    async sweep({ maxRecords = 1000 } = {}) {
      if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) throw invalid('maxRecords must be a positive integer.')
      const change = `delete from ${table} using now where ms < not_after and ctid in (select ctid from ${table}
        where space = $2 and expires <= (select ms from now) limit $3::int for update skip locked)`
      const removed = await self.write(change, space, maxRecords)
      return { removed, more: removed === maxRecords }
    },
  }
}

/** A PostgreSQL server for the mutants: an administrator's client, and one table for all of them. */
export interface PgServer {
  readonly url: URL
  readonly admin: Sql
  readonly table: string
  close(): Promise<void>
}

export async function usePostgres(url: string): Promise<PgServer> {
  const admin = postgres(url, { max: 2, fetch_types: false, onnotice: () => undefined })
  const table = `mutants_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create table ${table} (space text, hash text, user_id text, data text not null,
    created bigint not null, expires bigint not null, primary key (space, hash))`)
  return {
    url: new URL(url),
    admin,
    table,
    async close() {
      await admin.unsafe(`drop table if exists ${table}, ${table}_ts`)
      await admin.end()
    },
  }
}

/** Makes a harness of a PostgreSQL store that `makeStore` creates for a client. */
export function pgHarnessOf(
  name: string,
  { url, admin, table }: PgServer,
  makeStore: (sql: Sql, space: string, timeoutMs: number) => SessionPlugin,
  harness: Partial<StoreHarness> = {},
): StoreHarness {
  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'sweep'],
    declarations: { maxDataBytes },
    endpoint: { host: url.hostname, port: Number(url.port || 5432) },
    open({ namespace, endpoint, timeoutMs = 2000 }) {
      const through = new URL(url)
      if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
      const sql = postgres(through.href, { max: 3, backoff: () => 0.03, fetch_types: false, onnotice: () => undefined })
      return { store: makeStore(sql, namespace, timeoutMs), close: () => sql.end({ timeout: 0 }) }
    },
    inspect: async (namespace) =>
      (await admin.unsafe(`select * from ${table} where space = $1`, [namespace])).map((row) => JSON.stringify(row)),
    ...harness,
  }
}

/** Makes a harness of the correct PostgreSQL store, changed by `mutate` if given. */
export function pgHarness(
  name: string,
  server: PgServer,
  mutate?: PgMutation,
  harness?: Partial<StoreHarness>,
): StoreHarness {
  return pgHarnessOf(
    name,
    server,
    (sql, space, timeoutMs) => {
      const steps = {} as PgSteps
      const right = rightSteps(steps, sql, server.table, space, timeoutMs)
      return Object.assign(steps, right, mutate?.({ ...right }))
    },
    harness,
  )
}
