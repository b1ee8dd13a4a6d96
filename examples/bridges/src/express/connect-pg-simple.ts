import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { expressHarness } from '@bext/session-conformance/express'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { Pool } from 'pg'
import type { StoreUnderTest } from './store-under-test.js'

const PgStore = connectPgSimple(session)
const tableSql = createRequire(import.meta.url).resolve('connect-pg-simple/table.sql')

/** Opens a pool whose connections can be cut: one that waits for a silent server does not end otherwise. */
function openPool(connectionString: string): { readonly pool: Pool; cut(): Promise<void> } {
  const sockets = new Set<Socket>()
  function stream(): Socket {
    const socket = new Socket()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }
  const pool = new Pool({ connectionString, stream })
  pool.on('error', () => {})
  return {
    pool,
    async cut() {
      const ended = pool.end()
      for (const socket of sockets) socket.destroy()
      await ended
    },
  }
}

/** Opens connect-pg-simple over pg, with the table from its own table.sql, in a schema for each namespace. */
export async function openConnectPgSimple(postgresUrl: string): Promise<StoreUnderTest> {
  const url = new URL(postgresUrl)
  const admin = new Pool({ connectionString: url.href, max: 1 })
  admin.on('error', () => {})
  const schemas = new Map<string, Promise<unknown>>()
  const table = await readFile(tableSql, 'utf8')

  function makeSchema(name: string): Promise<unknown> {
    const made = schemas.get(name) ?? admin.query(`create schema ${name}; set search_path to ${name}; ${table}`)
    schemas.set(name, made)
    return made
  }

  return {
    packages: ['connect-pg-simple', 'pg'],
    harness: expressHarness({
      name: 'connect-pg-simple',
      endpoint: { host: url.hostname, port: Number(url.port || 5432) },
      async open({ namespace, endpoint }) {
        await makeSchema(namespace)
        const through = new URL(url)
        if (endpoint) through.host = `${endpoint.host}:${endpoint.port}`
        const opened = openPool(through.href)
        const store = new PgStore({ pool: opened.pool, schemaName: namespace })
        return {
          store,
          async close() {
            store.close()
            await opened.cut()
          },
        }
      },
      async inspect(namespace) {
        const { rows } = await admin.query(`select * from ${namespace}.session`)
        return rows.map((row) => JSON.stringify(row))
      },
    }),
    async close() {
      for (const name of schemas.keys()) await admin.query(`drop schema ${name} cascade`)
      await admin.end()
    },
  }
}
