import { randomBytes } from 'node:crypto'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import postgres from 'postgres'

type NetworkedStore = ReturnType<typeof redisSessions> | ReturnType<typeof pgSessions>

/** Calls `measure` with the Redis store, then with the PostgreSQL store, each over an empty namespace of a running server. */
export async function forNetworkedStores(measure: (store: NetworkedStore) => Promise<void>): Promise<void> {
  const [redis, pg] = await Promise.all([startRedis(), startPostgres()])
  const prefix = `bench_${randomBytes(6).toString('hex')}`
  const client = new Redis(redis.url)
  const sql = postgres(pg.url, { onnotice: () => {} })
  try {
    await migrate(sql, { table: prefix })
    await measure(redisSessions({ client, prefix: `${prefix}:` }))
    await measure(pgSessions({ client: sql, table: prefix }))
  } finally {
    client.disconnect()
    await sql.unsafe(`drop table if exists "${prefix}"`)
    await sql.end()
    await Promise.all([redis.stop(), pg.stop()])
  }
}
