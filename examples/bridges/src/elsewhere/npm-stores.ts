import type { StoreHarness } from '@bext/session-conformance'
import { expressHarness } from '@bext/session-conformance/express'
import { perNamespace } from '../namespaces.js'
import { betterAuthRedis } from './better-auth.js'
import { betterSqlite3SessionStore } from './better-sqlite3.js'
import { connectSqlite3 } from './connect-sqlite3.js'
import { honoSessions } from './hono-sessions.js'
import { koaRedis, koaSession } from './koa-session.js'
import { levelSessionStore } from './level.js'
import { nextSession } from './next-session.js'
import { load, versionsOf } from './packages.js'
import { svelteKitSessions } from './svelte-kit-sessions.js'
import { memcachedVariable, mysqlVariable, postgresVariable, storeVariable } from './variables.js'

type ExpressStore = Awaited<ReturnType<Parameters<typeof expressHarness>[0]['open']>>['store']

interface Rows {
  readonly rows: readonly unknown[]
}

function endpointOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname, port: Number(port) }
}

function expressMysqlSession(): StoreHarness {
  interface Store extends ExpressStore {
    close(): Promise<void>
    onReady(): Promise<void>
  }
  const session = load('express-session')
  const MySQLStore = (load('express-mysql-session') as (session: unknown) => new (options: object) => Store)(session)
  const url = new URL(process.env[mysqlVariable] ?? '')
  const database = 'bext_elsewhere'
  const client = load('mysql2/promise') as {
    createPool(options: object): { query(sql: string): Promise<[readonly unknown[]]> }
  }
  const login = { host: url.hostname, port: Number(url.port), user: url.username, password: url.password }
  const admin = client.createPool(login)
  const made = admin.query(`drop database if exists ${database}`).then(() => admin.query(`create database ${database}`))
  return expressHarness({
    name: 'express-mysql-session',
    versions: versionsOf('express-mysql-session', 'mysql2'),
    endpoint: endpointOf(url),
    async open({ namespace, endpoint }) {
      await made
      const options = { ...login, database, schema: { tableName: namespace } }
      // Makes the table, which a store behind the proxy then finds.
      const direct = new MySQLStore(options)
      await direct.onReady()
      if (!endpoint) return { store: direct, close: () => direct.close() }
      await direct.close()
      const store = new MySQLStore({ ...options, ...endpoint, createDatabaseTable: false })
      // Resolves only once a stalled server replies.
      return { store, close: async () => void store.close().catch(() => undefined) }
    },
    async inspect(namespace) {
      const [rows] = await admin.query(`select * from ${database}.${namespace}`)
      return rows.map((row) => JSON.stringify(row))
    },
  })
}

function connectSessionKnex(): StoreHarness {
  type Knex = { destroy(): Promise<void>; raw(sql: string): Promise<Rows> }
  type Store = ExpressStore & { readonly ready: Promise<void> }
  const { ConnectSessionKnexStore } = load('connect-session-knex') as {
    ConnectSessionKnexStore: new (options: object) => Store
  }
  const knex = load('knex') as (options: object) => Knex
  const url = new URL(process.env[postgresVariable] ?? '')
  const admin = knex({ client: 'pg', connection: url.href })
  const makeTable = perNamespace(
    (tableName) => new ConnectSessionKnexStore({ knex: admin, tableName, cleanupInterval: 0 }).ready,
  )

  return expressHarness({
    name: 'connect-session-knex',
    versions: versionsOf('connect-session-knex', 'knex', 'pg'),
    endpoint: endpointOf(url),
    async open({ namespace, endpoint }) {
      await makeTable(namespace)
      const through = new URL(url)
      if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
      const opened = knex({ client: 'pg', connection: through.href })
      const store = new ConnectSessionKnexStore({ knex: opened, tableName: namespace, createTable: false })
      // The store looks for its table at once. If that fails, nobody else handles the rejection.
      const looked = store.ready.catch(() => undefined)
      return { store, close: async () => void looked.then(() => opened.destroy()) }
    },
    async inspect(namespace) {
      return (await admin.raw(`select * from ${namespace}`)).rows.map((row) => JSON.stringify(row))
    },
  })
}

function connectMemcached(): StoreHarness {
  const session = load('express-session')
  const MemcachedStore = (load('connect-memcached') as (session: unknown) => new (options: object) => ExpressStore)(
    session,
  )
  const url = new URL(process.env[memcachedVariable] ?? '')
  return expressHarness({
    name: 'connect-memcached',
    versions: versionsOf('connect-memcached', 'memcached'),
    endpoint: endpointOf(url),
    open({ namespace, endpoint }) {
      const { host, port } = endpoint ?? endpointOf(url)
      return { store: new MemcachedStore({ hosts: [`${host}:${port}`], prefix: `${namespace}:` }) }
    },
  })
}

const harnesses: Readonly<Record<string, () => StoreHarness>> = {
  'express-mysql-session': expressMysqlSession,
  'connect-session-knex': connectSessionKnex,
  'connect-memcached': connectMemcached,
  'hono-sessions': honoSessions,
  'better-auth': betterAuthRedis,
  'koa-session': koaSession,
  'koa-session with koa-redis': koaRedis,
  'connect-sqlite3': connectSqlite3,
  'next-session': nextSession,
  'svelte-kit-sessions': svelteKitSessions,
  'better-sqlite3-session-store': betterSqlite3SessionStore,
  'level-session-store': levelSessionStore,
}

/** The harness of the store that the environment names, for the command of the kit. */
export default harnesses[process.env[storeVariable] ?? '']?.()
