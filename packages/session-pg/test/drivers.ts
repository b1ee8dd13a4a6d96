import type { PgClient } from '@bext/session-pg'
import { Pool } from 'pg'
import postgres from 'postgres'
import { onTestFinished } from 'vitest'
import { postgresUrl } from './helpers.js'

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
      const client = postgres(url, { max, connection: role === undefined ? {} : { role }, onnotice: () => {} })
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

/** Names of the drivers, for `describe.each`. */
export const driverNames = Object.keys(drivers) as (keyof typeof drivers)[]

/** Creates a client of a driver that ends with the test. */
export function openDriver(
  name: keyof typeof drivers,
  options: Partial<ClientOptions> = {},
  url = postgresUrl,
): PgClient {
  const { client, end } = drivers[name].open(url, { max: 8, ...options })
  onTestFinished(end)
  return client
}
