import { expressStore, mintSessionId } from '@bext/session-express'
import { migrate, pgSessions } from '@bext/session-pg'
import { redisSessions } from '@bext/session-redis'
import type { SessionPlugin } from '@bext/session-core'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import type { RequestListener } from 'node:http'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import { bareExpressApp, bareFastifyApp, bareHonoApp } from './bare-apps.js'
import { ttlMs, type HostServer, type OpenApp } from './host-server.js'
import { ownExpressApp, ownFastifyApp, ownHonoApp } from './own-apps.js'
import { peerApp } from './peer-app.js'

type OpenWithPlugin = (plugin: SessionPlugin) => Promise<RequestListener>

/** Opens the app with express-session over our store for it. */
const ownStoreApp: OpenWithPlugin = async (plugin) => peerApp(expressStore(plugin), { genid: mintSessionId })

/** The apps of ours, by what their names say after the backend. The first one is the subject of the ratios. */
const ownApps: Readonly<Record<string, OpenWithPlugin>> = {
  'Express, @bext/session-express/middleware': ownExpressApp,
  'Fastify, @bext/session-fastify': ownFastifyApp,
  'Hono, @bext/session-hono': ownHonoApp,
  'express-session, @bext/session-express': ownStoreApp,
}

async function openOwnRedis(url: string, prefix: string, appOf: OpenWithPlugin): Promise<OpenApp> {
  const client = new Redis(url)
  return {
    app: await appOf(redisSessions({ client, prefix })),
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

async function openOwnPg(url: string, table: string, appOf: OpenWithPlugin): Promise<OpenApp> {
  const sql = postgres(url, { onnotice: () => {} })
  await migrate(sql, { table })
  return {
    app: await appOf(pgSessions({ client: sql, table })),
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

const ownServers = Object.entries(ownApps).flatMap(([name, appOf]): HostServer[] => [
  { name: `${name}, Redis`, backends: ['redis'], open: (url, prefix) => openOwnRedis(url, prefix, appOf) },
  { name: `${name}, PostgreSQL`, backends: ['pg'], open: (url, prefix) => openOwnPg(url, prefix, appOf) },
])

const peerServers: readonly HostServer[] = [
  {
    name: 'express-session, connect-redis',
    backends: ['redis'],
    open: (url, prefix) => openConnectRedis(url, prefix, false),
  },
  {
    name: 'express-session, connect-redis with disableTouch',
    backends: ['redis'],
    open: (url, prefix) => openConnectRedis(url, prefix, true),
  },
  {
    name: 'express-session, connect-pg-simple',
    backends: ['pg'],
    open: (url, prefix) => openConnectPgSimple(url, prefix, false),
  },
  {
    name: 'express-session, connect-pg-simple with disableTouch',
    backends: ['pg'],
    open: (url, prefix) => openConnectPgSimple(url, prefix, true),
  },
]

const bareApps = { Express: bareExpressApp, Fastify: bareFastifyApp, Hono: bareHonoApp } as const

const bareServers = Object.entries(bareApps).map(([name, appOf]): HostServer => ({
  name: `${name}, no session`,
  backends: ['redis', 'pg'],
  open: async () => ({ app: await appOf(), close: async () => {} }),
}))

/** The servers. The first one of each backend is ours. */
export const hostServers: readonly HostServer[] = [...ownServers, ...peerServers, ...bareServers]
