import { expressStore, mintSessionId } from '@bext/session-express'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import type { SessionPlugin } from '@bext/session-core'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import type { Express } from 'express'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import { bareApp } from './bare-app.js'
import { ttlMs, type HostServer, type OpenApp } from './host-server.js'
import { ownApp } from './own-app.js'
import { peerApp } from './peer-app.js'

type OpenWithPlugin = (plugin: SessionPlugin) => Express

/** Opens the app with express-session over our store for it. */
const ownStoreApp: OpenWithPlugin = (plugin) => peerApp(expressStore(plugin), { genid: mintSessionId })

async function openOwnRedis(url: string, prefix: string, appOf: OpenWithPlugin = ownApp): Promise<OpenApp> {
  const client = new Redis(url)
  return {
    app: appOf(redisSessions({ client, prefix })),
    async close() {
      await client.quit()
    },
  }
}

async function openConnectRedis(url: string, prefix: string, disableTouch: boolean): Promise<OpenApp> {
  const client = createClient({ url })
  await client.connect()
  return {
    app: peerApp(new RedisStore({ client, prefix: `${prefix}:`, ttl: ttlMs / 1000, disableTouch })),
    close: () => client.close(),
  }
}

async function openOwnPg(url: string, table: string, appOf: OpenWithPlugin = ownApp): Promise<OpenApp> {
  const sql = postgres(url, { onnotice: () => {} })
  await migrate(sql, { table })
  return {
    app: appOf(pgSessions({ client: sql, table })),
    async close() {
      await sql.unsafe(`drop table "${table}"`)
      await sql.end()
    },
  }
}

async function openConnectPgSimple(url: string, schema: string, disableTouch: boolean): Promise<OpenApp> {
  const pool = new Pool({ connectionString: url })
  // The index of its table has a fixed name, so a schema can hold only one such table.
  await pool.query(`create schema "${schema}"`)
  const Store = connectPgSimple(session)
  const options = { pool, schemaName: schema, createTableIfMissing: true, disableTouch }
  return {
    app: peerApp(new Store({ ...options, pruneSessionInterval: false })),
    async close() {
      await pool.query(`drop schema "${schema}" cascade`)
      await pool.end()
    },
  }
}

/** The servers. The first one of each backend is ours. */
export const hostServers: readonly HostServer[] = [
  { name: '@bext/session-redis', backends: ['redis'], open: (url, prefix) => openOwnRedis(url, prefix) },
  {
    name: 'express-session with @bext/session-express on Redis',
    backends: ['redis'],
    open: (url, prefix) => openOwnRedis(url, prefix, ownStoreApp),
  },
  { name: 'connect-redis', backends: ['redis'], open: (url, prefix) => openConnectRedis(url, prefix, false) },
  {
    name: 'connect-redis with disableTouch',
    backends: ['redis'],
    open: (url, prefix) => openConnectRedis(url, prefix, true),
  },
  { name: '@bext/session-pg', backends: ['pg'], open: (url, prefix) => openOwnPg(url, prefix) },
  {
    name: 'express-session with @bext/session-express on PostgreSQL',
    backends: ['pg'],
    open: (url, prefix) => openOwnPg(url, prefix, ownStoreApp),
  },
  { name: 'connect-pg-simple', backends: ['pg'], open: (url, prefix) => openConnectPgSimple(url, prefix, false) },
  {
    name: 'connect-pg-simple with disableTouch',
    backends: ['pg'],
    open: (url, prefix) => openConnectPgSimple(url, prefix, true),
  },
  { name: 'no session', backends: ['redis', 'pg'], open: async () => ({ app: bareApp(), close: async () => {} }) },
]
