import type { PgAdapter, PgClient } from '@bext/session-pg'
import { Pool } from 'pg'
import postgres from 'postgres'
import { onTestFinished } from 'vitest'
import { adapterFor } from '../../src/client/client.js'
import { postgresUrl, type OnFinished } from './database.js'

/** Options that each driver has, under different names. */
export interface ClientOptions {
  /** Number of connections. */
  readonly max: number
  readonly role?: string
}

export interface OpenedClient {
  readonly client: PgClient
  readonly end: () => Promise<void>
}

/** A driver of PostgreSQL servers that the store accepts. */
export interface Driver {
  open(url: string, options: ClientOptions): OpenedClient
}

export const drivers = {
  'postgres.js': {
    open(url, { max, role }) {
      const connection = role === undefined ? {} : { role }
      // Without fetch_types: false, postgres.js leaves a rejection unhandled if it is ended while a connection opens.
      const client = postgres(url, { max, connection, fetch_types: false, onnotice: () => {} })
      return { client, end: () => client.end({ timeout: 1 }) }
    },
  },
  pg: {
    open(url, { max, role }) {
      const client = new Pool({ connectionString: url, max, options: role === undefined ? '' : `-c role=${role}` })
      return { client, end: () => client.end() }
    },
  },
} satisfies Record<string, Driver>

export type DriverName = keyof typeof drivers

/** Names of the drivers, for `describe.each`. */
export const driverNames = Object.keys(drivers) as DriverName[]

/** Creates a client of a driver that ends with the test. */
export function openDriver(
  name: DriverName,
  options: Partial<ClientOptions> = {},
  url = postgresUrl,
  onFinished: OnFinished = onTestFinished,
): PgClient {
  const { client, end } = drivers[name].open(url, { max: 8, ...options })
  onFinished(end)
  return client
}

/** Wraps a client. `sent` returns the number of statements that the store has sent through it. */
export function counted(client: PgClient): { client: PgAdapter; sent: () => number } {
  let sent = 0
  const adapter = adapterFor('counted', client)
  return {
    client: {
      ...adapter,
      runStatement(statement) {
        sent += 1
        return adapter.runStatement(statement)
      },
    },
    sent: () => sent,
  }
}
