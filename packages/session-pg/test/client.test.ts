import { pgSessions } from '@bext/session-pg'
import postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { newTable, openClient, pollOptions, rejectionOf } from './helpers/database.js'

type Options = postgres.Options<Record<string, never>>

const shout = { value: (value: unknown) => `${String(value)}!`, row: (row: object) => Object.values(row) }

const picky = {
  to: 20,
  from: [20],
  parse: BigInt,
  serialize(value: unknown) {
    if (typeof value !== 'bigint') throw new TypeError('expected a bigint')
    return String(value)
  },
}

const clients: [what: string, options: Options][] = [
  ['prepare: false, as transaction poolers need it', { prepare: false }],
  ['fetch_types: false', { fetch_types: false }],
  ['one connection', { max: 1 }],
  ['names in camel case', { transform: postgres.camel }],
  ['names in Pascal case', { transform: postgres.pascal }],
  ['a transform of values', { transform: { value: shout.value } }],
  ['bigint parsing', { types: { bigint: postgres.BigInt } as unknown as NonNullable<Options['types']> }],
  [
    'a bigint type that accepts nothing else',
    { types: { bigint: { ...picky } } as unknown as NonNullable<Options['types']> },
  ],
  ['a time zone far from UTC', { connection: { TimeZone: 'Asia/Kolkata' } }],
  ['repeatable read', { connection: { default_transaction_isolation: 'repeatable read' } }],
  ['serializable', { connection: { default_transaction_isolation: 'serializable' } }],
]

const alterations: Readonly<Record<string, (text: string) => string>> = {
  'upper case': (text) => text.toUpperCase(),
  trimmed: (text) => text.trim(),
  appended: (text) => `${text} `,
  'null for nothing': (text) => (text === '' ? 'null' : text),
  'JSON in another spelling': (text) => (text.startsWith('{') ? JSON.stringify(JSON.parse(text)) : text),
  'a throw': () => {
    throw new Error('private')
  },
}

function withTextType(serialize: (text: string) => string): Options {
  const types = { text: { to: 25, from: [25], serialize, parse: (text: string) => text } }
  return { types: types as unknown as NonNullable<Options['types']> }
}

describe('a client with a custom type for text', () => {
  it.each(Object.entries(alterations))('R2 I3 is rejected if the type alters what is sent: %s', (_what, alter) => {
    const sql = openClient(withTextType(alter))
    expect(() => pgSessions({ client: sql })).toThrow(TypeError)
    expect(() => pgSessions({ client: sql })).toThrow(/^pgSessions: .*option types.*type for text/s)
  })

  it('R2 I3 is accepted if the type leaves text unchanged', async () => {
    const table = await newTable(openClient())
    const store = pgSessions({ client: openClient(withTextType(String)), table })
    const id = await store.create({ userId: ' Ann', dataJson: '{ "a": 1 }', ttlMs: 60_000 })
    expect(await store.read(id)).toMatchObject({ userId: ' Ann', dataJson: '{ "a": 1 }' })
  })

  it.each(Object.entries(alterations))(
    'R2 I3 stores nothing if the type is detected only on first use: %s',
    async (_what, alter) => {
      const plain = openClient()
      const table = await newTable(plain)
      const client = openClient(withTextType(alter))
      const sql = Object.assign(() => {}, { unsafe: client.unsafe.bind(client) })
      const error = await rejectionOf(pgSessions({ client: sql, table }).create({ dataJson: '{}', ttlMs: 60_000 }))
      expect(error).toMatchObject({ code: 'Backend', reason: 'failed' })
      expect(await plain`select from ${plain(table)}`).toHaveLength(0)
    },
  )
})

describe.each(clients)('a client with %s', (_what, options) => {
  it('C5 R1 U1 T1 O1 O2 O4 serves every call', async () => {
    const plain = openClient()
    const table = await newTable(plain)
    const store = pgSessions({ client: openClient(options), table })
    const nowMs = async () => {
      const [row] = await plain`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms`
      return Number(row?.['now_ms'])
    }

    const beforeMs = Math.floor(await nowMs())
    const id = await store.create({ userId: 'ann', dataJson: '{"é":"😀\\u0000"}', ttlMs: 60_000 })
    const afterMs = await nowMs()
    const record = await store.read(id)
    expect(record).toEqual({
      id,
      userId: 'ann',
      dataJson: '{"é":"😀\\u0000"}',
      createdAtMs: record.createdAtMs,
      expiresAtMs: record.createdAtMs + 60_000,
    })
    expect(record.createdAtMs).toBeGreaterThanOrEqual(beforeMs)
    expect(record.createdAtMs).toBeLessThanOrEqual(afterMs)

    expect(await store.update(id, '"second"')).toBe(id)
    expect(await store.read(id)).toEqual({ ...record, dataJson: '"second"' })
    expect(await store.updateIfUnchanged(id, '"first"', '"third"')).toEqual({ outcome: 'changed' })
    expect(await store.updateIfUnchanged(id, '"second"', '"third"')).toEqual({ outcome: 'updated', id })
    expect(await store.touch(id, 1_000_000)).toBe(id)
    const touched = await store.read(id)
    expect(touched).toEqual({ ...record, dataJson: '"third"', expiresAtMs: touched.expiresAtMs })
    expect(touched.expiresAtMs).toBeGreaterThanOrEqual(beforeMs + 1_000_000)

    const anonymous = await store.create({ dataJson: '{}', ttlMs: 1 })
    await expect.poll(async () => (await rejectionOf(store.read(anonymous))).code, pollOptions).toBe('NotFound')
    expect((await rejectionOf(store.touch(anonymous, 1000))).code).toBe('NotFound')
    expect(await store.sweep()).toEqual({ removed: 1, more: false })

    const second = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 60_000 })
    const sessions = await store.listUserSessions('ann')
    expect(sessions).toMatchObject([{ expiresAtMs: touched.expiresAtMs }, {}])
    await store.endUserSessions('ann', { except: second })
    expect(await store.listUserSessions('ann')).toEqual([sessions[1]])
    await store.endUserSession('ann', String(sessions[1]?.handle))
    expect(await store.listUserSessions('ann')).toEqual([])
    await store.delete(second)
    expect(await store.isHealthy()).toBe(true)
  })
})

it.each(['read committed', 'repeatable read', 'serializable'] as const)(
  'T2 U5 serves concurrent writes to one session at isolation level %s',
  async (isolation) => {
    const plain = openClient()
    const table = await newTable(plain)
    const sql = openClient({ connection: { default_transaction_isolation: isolation } })
    const store = pgSessions({ client: sql, table, timeoutMs: 20_000 })
    const id = await store.create({ dataJson: '0', ttlMs: 60_000 })
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => [store.update(id, String(i)), store.touch(id, 120_000)]).flat(),
    )
    const record = await store.read(id)
    expect(record.dataJson).toMatch(/^\d$/)
    expect(record.expiresAtMs).toBeGreaterThanOrEqual(record.createdAtMs + 120_000)
  },
)
