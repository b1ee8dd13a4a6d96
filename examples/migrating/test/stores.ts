import { randomBytes } from 'node:crypto'
import type { ServiceUrls } from '@bext-internal/test-services'
import type { SessionPlugin } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session, { MemoryStore, type Store } from 'express-session'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { inject, onTestFinished } from 'vitest'

/** A store of the old app, and one of the new app. */
export interface Stores {
  readonly old: Store
  readonly current: SessionPlugin
}

async function inRedis({ redisUrl: url }: ServiceUrls): Promise<Stores> {
  const prefix = `moving${randomBytes(6).toString('hex')}`
  const oldClient = createClient({ url })
  await oldClient.connect()
  const client = new Redis(url)
  onTestFinished(async () => {
    for await (const keys of oldClient.scanIterator({ MATCH: `*${prefix}*` })) {
      if (keys.length > 0) await oldClient.del(keys)
    }
    await oldClient.close()
    client.disconnect()
  })
  return {
    old: new RedisStore({ client: oldClient, prefix: `${prefix}:` }),
    current: redisSessions({ client, prefix: `${prefix}new` }),
  }
}

async function inPostgres({ postgresUrl: url }: ServiceUrls): Promise<Stores> {
  const schema = `moving_${randomBytes(6).toString('hex')}`
  const pool = new Pool({ connectionString: url })
  await pool.query(`create schema ${schema}`)
  onTestFinished(async () => {
    await pool.query(`drop schema ${schema} cascade`)
    await pool.end()
  })
  await migrate(pool, { schema })
  const OldStore = connectPgSimple(session)
  const old = new OldStore({ pool, schemaName: schema, createTableIfMissing: true, pruneSessionInterval: false })
  return { old, current: pgSessions({ client: pool, schema }) }
}

const openers: Readonly<Record<string, (servers: ServiceUrls) => Promise<Stores>>> = {
  'express-session in memory': async () => ({ old: new MemoryStore(), current: memorySessions() }),
  'connect-redis': inRedis,
  'connect-pg-simple': inPostgres,
}

export const storeNames: readonly string[] = Object.keys(openers)

/** Opens the stores, and closes them when the test has finished. */
export async function openStores(name: string): Promise<Stores> {
  return openers[name]!({ redisUrl: inject('redisUrl'), postgresUrl: inject('postgresUrl') })
}
