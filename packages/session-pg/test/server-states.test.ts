import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgresProcess, type PostgresProcess } from '@bext-internal/test-services'
import { diagnosePg, migrate, pgSessions, type PgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  newSchema,
  newTable,
  openClient,
  pollOptions,
  randomName,
  rejectionOf,
  rejectionsOf,
} from './helpers/database.js'

/** Calls every method of the store and checks the results. */
async function exerciseStore(store: PgSessions): Promise<void> {
  const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
  await store.update(id, '2')
  expect(await store.updateIfUnchanged(id, '2', '3')).toEqual({ outcome: 'updated', id })
  await store.touch(id, 30_000)
  const { dataJson, createdAtMs, expiresAtMs } = await store.read(id)
  expect(dataJson).toBe('3')
  expect(expiresAtMs - createdAtMs).toBeLessThan(60_000)
  expect(await store.listUserSessions('ann')).toHaveLength(1)
  expect(await store.sweep()).toEqual({ removed: 0, more: false })
  await store.endUserSessions('ann')
  await store.delete(id)
  expect((await rejectionOf(store.read(id))).code).toBe('NotFound')
}

async function serverNowMs(sql: postgres.Sql): Promise<number> {
  const [row] = await sql`select extract(epoch from clock_timestamp()) * 1000 as now`
  return Number(row?.['now'])
}

describe('a server with TLS and a Unix socket', () => {
  let server: PostgresProcess
  let ca: string

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pg-tls-'))
    const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', certificate, ...names])
    ca = await readFile(certificate, 'utf8')
    // Paths are relative to the data folder.
    server = await startPostgresProcess({
      files: { key: await readFile(key, 'utf8'), certificate: ca },
      settings: { ssl: 'on', ssl_key_file: '../key', ssl_cert_file: '../certificate' },
    })
    await rm(folder, { recursive: true })
    const sql = postgres(server.url, { onnotice: () => {} })
    await migrate(sql)
    await sql.end()
  })

  afterAll(() => server?.stop())

  it('is reached over TLS', async () => {
    const sql = openClient({ ssl: { ca } }, server.url)
    const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
    expect(row).toEqual({ ssl: true })
    await exerciseStore(pgSessions({ client: sql }))
  })

  it('is rejected without a certificate that the client trusts', async () => {
    const store = pgSessions({ client: openClient({ ssl: 'verify-full' }, server.url) })
    expect(await rejectionOf(store.create({ dataJson: '1', ttlMs: 1000 }))).toMatchObject({ code: 'Backend' })
  })

  it('is reached over a Unix socket', async () => {
    const sql = openClient({ host: server.folder, port: server.port, user: 'bext', database: 'postgres' }, '')
    const [row] = await sql`select inet_server_addr() as address`
    expect(row).toEqual({ address: null })
    await exerciseStore(pgSessions({ client: sql }))
  })
})

it('I2 uses the table in the given schema, whatever the search_path', async () => {
  const owner = openClient()
  const [own, other] = [await newSchema(owner), await newSchema(owner)]
  await migrate(owner, { schema: own })
  await migrate(owner, { schema: other })
  const stranger = await pgSessions({ client: owner, schema: other }).create({ dataJson: '1', ttlMs: 60_000 })
  const sql = openClient({ connection: { search_path: `${other}, pg_catalog` } })
  await migrate(sql, { schema: own })
  const store = pgSessions({ client: sql, schema: own })
  await exerciseStore(store)
  expect((await rejectionOf(store.read(stranger))).code).toBe('NotFound')
})

it('I2 finds the table by the search_path if no schema is given', async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const table = randomName()
  const sql = openClient({ connection: { search_path: `"$user", ${schema}` } })
  await migrate(sql, { table })
  const [row] = await owner`select count(*)::int from pg_tables where schemaname = ${schema} and tablename = ${table}`
  expect(row).toEqual({ count: 1 })
  await exerciseStore(pgSessions({ client: sql, table }))
  await exerciseStore(pgSessions({ client: owner, schema, table }))
})

it.each(['Pacific/Kiritimati', 'America/St_Johns'])(
  'C5 R3 O2 times do not depend on the time zone: %s',
  async (timezone) => {
    const owner = openClient()
    const table = await newTable(owner)
    const store = pgSessions({ client: openClient({ connection: { timezone } }), table })
    const before = await serverNowMs(owner)
    const id = await store.create({ dataJson: '1', ttlMs: 60_000 })
    const { createdAtMs, expiresAtMs } = await pgSessions({ client: owner, table }).read(id)
    expect(createdAtMs).toBeGreaterThanOrEqual(Math.floor(before))
    expect(createdAtMs).toBeLessThanOrEqual(await serverNowMs(owner))
    expect(expiresAtMs - createdAtMs).toBe(60_000)
    expect(await store.sweep()).toEqual({ removed: 0, more: false })
    await exerciseStore(store)
  },
)

// The test moves the clock of this process, which has the same effect as a wrong clock of the server.
it.each([-86_400_000, 86_400_000])(
  'C5 E2 R3 uses the server’s clock when the clock of this process is %i ms off',
  async (offMs) => {
    const sql = openClient()
    const table = await newTable(sql)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offMs })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const store = pgSessions({ client: sql, table })
    await exerciseStore(store)
    const before = await serverNowMs(sql)
    const id = await store.create({ dataJson: '1', ttlMs: 3000 })
    expect((await store.read(id)).createdAtMs).toBeGreaterThanOrEqual(Math.floor(before))
    await expect.poll(async () => (await store.sweep()).removed, pollOptions).toBe(1)
    expect(await serverNowMs(sql)).toBeGreaterThanOrEqual(before + 3000)
  },
)

it.each(['repeatable read', 'serializable'] as const)(
  'E1 U5 T2 serves many writers of one session at isolation level %s',
  async (isolation) => {
    const owner = openClient()
    const table = await newTable(owner)
    const connection = { default_transaction_isolation: isolation }
    const stores = [1, 2, 3].map(() => pgSessions({ client: openClient({ connection }), table, timeoutMs: 20_000 }))
    const id = await (stores[0] as PgSessions).create({ dataJson: '0', ttlMs: 60_000 })
    const calls = stores.flatMap((store, n) =>
      Array.from({ length: 20 }, (_, round) => [store.update(id, `"${n} ${round}"`), store.touch(id, 60_000 + round)]),
    )
    await Promise.all(calls.flat())
    expect((await (stores[0] as PgSessions).read(id)).dataJson).toMatch(/^"[012] \d+"$/)
    for (const store of stores) await exerciseStore(store)
  },
)

it.each(['LATIN1', 'EUC_JP'])('R2 R6 rejects a client whose text the server would alter: %s', async (encoding) => {
  const owner = openClient()
  const table = await newTable(owner)
  const id = await pgSessions({ client: owner, table }).create({ userId: 'añn', dataJson: '"é漢"', ttlMs: 60_000 })
  const store = pgSessions({ client: openClient({ connection: { client_encoding: encoding } }), table })
  for (const refused of await rejectionsOf([store.read(id), store.create({ dataJson: '"é"', ttlMs: 60_000 })])) {
    expect(refused).toMatchObject({ code: 'Backend', reason: 'failed' })
    expect(refused.message).toContain(`client_encoding is ${encoding}`)
  }
  expect(await owner`select from ${owner(table)}`).toHaveLength(1)
  const findings = await diagnosePg(openClient({ connection: { client_encoding: encoding } }), { table })
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', subject: 'encoding', found: `client_encoding is ${encoding}` }),
  )
})

it('R2 serves a client whose text the server stores unchanged', async () => {
  const owner = openClient()
  const table = await newTable(owner)
  const store = pgSessions({ client: openClient({ connection: { client_encoding: 'SQL_ASCII' } }), table })
  const id = await store.create({ userId: 'añn', dataJson: '"é漢"', ttlMs: 60_000 })
  expect(await pgSessions({ client: owner, table }).read(id)).toMatchObject({ userId: 'añn', dataJson: '"é漢"' })
})

it('E1 reports the statement_timeout of the user as a timeout', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const limited = pgSessions({
    client: openClient({ connection: { statement_timeout: 1000 } }),
    table,
    timeoutMs: 20_000,
  })
  const id = await limited.create({ dataJson: '{}', ttlMs: 60_000 })
  await sql.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in share mode`
    expect(await rejectionOf(limited.update(id, '1'))).toMatchObject({ code: 'Backend', reason: 'timeout' })
  })
})
