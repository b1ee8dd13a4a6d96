import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { memorySessions } from '@bext/session-core/memory'
import type { SessionPlugin } from '@bext/session-core'
import type { StoreHarness } from '../../src/index.js'
import { maxDataBytes } from './checks.js'
import type { ClientMutation, Fields } from './client-base.js'
import { clientHarness, tampered } from './client-base.js'
import type { PgServer } from './pg-base.js'
import { pgHarness, pgHarnessOf } from './pg-base.js'
import type { RedisServer } from './redis-base.js'
import { redisHarness, redisHarnessOf } from './redis-base.js'
import { pgTimestampSessions, timestampTable } from './right-pg.js'
import { redisHashSessions } from './right-redis.js'
import { revocableHarness } from './revocation.js'
import type { ServerMutation } from './server-base.js'
import { notFound, serverHarness } from './server-base.js'

function memoryHarness(): StoreHarness {
  const stores = new Map<string, SessionPlugin>()
  return {
    name: 'the memory store of core',
    family: 'server',
    capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
    declarations: { maxDataBytes },
    open({ namespace }) {
      const store = stores.get(namespace) ?? memorySessions()
      stores.set(namespace, store)
      return { store }
    },
  }
}

/** AES-256-CBC, and HMAC-SHA-256 over everything before it, in one part, as hexadecimal digits. */
const cbcInOnePart: ClientMutation = ({ key }) => {
  const [encryption, integrity] = ['encryption', 'integrity'].map((use) =>
    Buffer.from(hkdfSync('sha256', key, '', use, 32)),
  ) as [Buffer, Buffer]
  const sign = (bytes: Buffer): Buffer => createHmac('sha256', integrity).update(bytes).digest()
  return {
    seal(fields) {
      const iv = randomBytes(16)
      const cipher = createCipheriv('aes-256-cbc', encryption, iv)
      const text = Buffer.concat([iv, cipher.update(JSON.stringify(fields)), cipher.final()])
      return Buffer.concat([text, sign(text)]).toString('hex')
    },
    unseal(id) {
      if (typeof id !== 'string' || id.length > 4096 || !/^([0-9a-f]{2}){64,}$/.test(id) || id.length % 2 === 1)
        throw tampered()
      const bytes = Buffer.from(id, 'hex')
      const text = bytes.subarray(0, -32)
      if (!sign(text).equals(bytes.subarray(-32))) throw tampered()
      const decipher = createDecipheriv('aes-256-cbc', encryption, text.subarray(0, 16))
      return JSON.parse(decipher.update(text.subarray(16), undefined, 'utf8') + decipher.final('utf8')) as Fields
    },
  }
}

const keepsValues: ServerMutation = () => ({
  packData: (dataJson) => JSON.stringify(JSON.parse(dataJson)),
})

const answersNotFound: ServerMutation = (right) => ({
  find(id) {
    if (!right.isId(id)) throw notFound()
    return right.find(id)
  },
})

const wholeSteps =
  (stepMs: number): ServerMutation =>
  () => ({
    isOver: ({ expiresAtMs }) => expiresAtMs <= Math.floor(Date.now() / stepMs) * stepMs,
  })

async function later<T>(call: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
  return call()
}

const takesTime: ServerMutation = (right) => ({
  read: (id) => later(() => right.read(id)),
  update: (id, dataJson) => later(() => right.update(id, dataJson)),
  touch: (id, ttlMs) => later(() => right.touch(id, ttlMs)),
  delete: (id) => later(() => right.delete(id)),
})

/** Correct stores in this process, each of another design. */
export function rightStores(): readonly StoreHarness[] {
  return [
    memoryHarness(),
    serverHarness('a map of rows'),
    clientHarness('AES-GCM in four parts'),
    revocableHarness('AES-GCM, and ends are remembered'),
    clientHarness('AES-CBC with an HMAC in one part', cbcInOnePart),
    serverHarness('values, not bytes', keepsValues, { declarations: { fidelity: 'value', maxDataBytes } }),
    serverHarness('NotFound for malformed ids', answersNotFound, {
      declarations: { malformedIds: 'NotFound', maxDataBytes },
    }),
    serverHarness('a clock that is ahead', () => ({ nowMs: () => Date.now() + 120 }), {
      declarations: { clockSkewMs: 150, maxDataBytes },
    }),
    serverHarness('a clock that is behind', () => ({ nowMs: () => Date.now() - 120 }), {
      declarations: { clockSkewMs: 150, maxDataBytes },
    }),
    serverHarness('expires in steps of 16 ms', wholeSteps(16), { declarations: { granularityMs: 16, maxDataBytes } }),
    serverHarness('calls that take their time', takesTime),
  ]
}

/** Correct stores over a real Redis server. */
export function rightRedisStores(server: RedisServer): readonly StoreHarness[] {
  const hashes = redisHarnessOf('redis hashes', server, (client, prefix, timeoutMs) =>
    redisHashSessions(client, prefix, timeoutMs),
  )
  return [redisHarness('redis texts, by user', server), { ...hashes, capabilities: ['compare', 'given-id'] }]
}

/** Correct stores over a real PostgreSQL server. */
export async function rightPgStores(server: PgServer): Promise<readonly StoreHarness[]> {
  const table = `${server.table}_ts`
  await server.admin.unsafe(timestampTable(table))
  const timestamps = pgHarnessOf(
    'pg timestamps',
    server,
    (sql, space, timeoutMs) => pgTimestampSessions(sql, table, space, timeoutMs),
    {
      capabilities: [],
      inspect: async (namespace) =>
        (await server.admin.unsafe(`select * from ${table} where space = $1`, [namespace])).map((row) =>
          JSON.stringify(row),
        ),
    },
  )
  return [pgHarness('pg rows, by user', server), timestamps]
}
