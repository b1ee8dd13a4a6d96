// Runs on each runtime, from the packed packages.
import { migrate, pgSessions, UnsentError, type PgAdapter, type PgClient } from '@bext/session-pg'
import { Pool } from 'pg'
import postgres from 'postgres'
import { moduleOf, through, type ServerHarness } from './server-check.js'

/** The values of the store's statements are texts and numbers. */
type BunRow = readonly (string | number | null)[]

/** The part of Bun's own client that is used here. Only Bun has its module. */
interface BunConnection {
  unsafe(
    text: string,
    parameters?: readonly unknown[],
  ): { values(): Promise<readonly BunRow[]>; simple(): Promise<unknown> }
  release(): void
}

interface BunModule {
  readonly SQL: new (options: { readonly url: string; readonly max: number; readonly prepare: boolean }) => {
    reserve(): Promise<BunConnection>
    end(options: { readonly timeout: number }): Promise<void>
  }
}

interface Opened {
  readonly client: PgClient
  readonly close: () => Promise<void>
}

const bunModule: string = 'bun'
const max = 3

/** Adapts Bun's client, whose errors have the SQLSTATE as `errno`. */
async function openBun(url: string): Promise<Opened> {
  const { SQL } = (await import(bunModule)) as BunModule
  const driver = new SQL({ url, max, prepare: false })

  async function onConnection<T>(untilMs: number, work: (connection: BunConnection) => Promise<T>): Promise<T> {
    const connection = await driver.reserve().catch((cause: unknown) => {
      throw new UnsentError(cause, 'CONNECTION_CLOSED')
    })
    try {
      if (performance.now() >= untilMs) throw new UnsentError(new Error('No connection in time.'), 'QUERY_TIMEOUT')
      return await work(connection)
    } catch (error) {
      const { errno } = error as { readonly errno?: unknown }
      throw typeof errno === 'string' ? Object.assign(error as Error, { code: errno }) : error
    } finally {
      connection.release()
    }
  }

  const client: PgAdapter = {
    runStatement: ({ text, parameters, untilMs }) =>
      onConnection(untilMs, async (connection) => {
        const rows = await connection.unsafe(text, [...parameters]).values()
        return { rows: rows.map((row) => row.map((value) => (value === null ? null : String(value)))) }
      }),
    runScript: (text) => onConnection(Infinity, async (connection) => void (await connection.unsafe(text).simple())),
  }
  return { client, close: () => driver.end({ timeout: 1 }) }
}

/** Functions that open a client with the defaults of a driver. */
const openers: Readonly<Record<string, (url: string) => Opened | Promise<Opened>>> = {
  postgres(url) {
    const client = postgres(url, { max, onnotice: () => undefined })
    return { client, close: () => client.end({ timeout: 1 }) }
  },
  pg(url) {
    const client = new Pool({ connectionString: url, max })
    return { client, close: () => client.end() }
  },
  bun: openBun,
}

/** Opens the PostgreSQL store over a driver, with a table for each namespace. */
export async function openHarness(url: string, driver: string): Promise<ServerHarness> {
  const { hostname, port } = new URL(url)
  const admin = postgres(url, { max: 4, onnotice: () => undefined })
  const [row] = await admin<{ version: string }[]>`select current_setting('server_version') as version`
  const tables = new Map<string, Promise<void>>()

  function migrateOnce(table: string): Promise<void> {
    const pending = tables.get(table) ?? migrate(admin, { table })
    tables.set(table, pending)
    return pending
  }

  return {
    harness: {
      name: 'pg',
      family: 'server',
      capabilities: ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'],
      declarations: { maxDataBytes: 1_048_576 },
      versions: { PostgreSQL: row?.version.split(' ')[0] ?? '' },
      endpoint: { host: hostname, port: Number(port || 5432) },
      module: moduleOf('./pg-child.js'),
      async open({ namespace, endpoint, timeoutMs }) {
        await migrateOnce(namespace)
        const open = openers[driver]
        if (open === undefined) throw new Error(`The driver must be one of ${Object.keys(openers).join(', ')}.`)
        const { client, close } = await open(through(url, endpoint))
        return { store: pgSessions({ client, table: namespace, timeoutMs }), close }
      },
      async inspect(namespace) {
        const rows = await admin`select * from ${admin(namespace)}`
        return rows.map((each) => JSON.stringify(each))
      },
    },
    async end() {
      for (const table of tables.keys()) await admin`drop table ${admin(table)}`
      await admin.end({ timeout: 1 })
    },
  }
}
