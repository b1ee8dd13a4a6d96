import { randomBytes } from 'node:crypto'
import { startPostgres } from '@bext-internal/test-services'
import { migrate, pgSessions, type PgClient } from '@bext/session-pg'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { Pool } from 'pg'
import postgres from 'postgres'
import { called, toSession } from '../measure/express-store.js'
import { ownStore } from '../measure/own-store.js'
import { rawPostgres } from '../measure/raw-postgres.js'
import { mintId, ttlMs } from '../measure/session.js'
import type { Subject, Suite } from '../measure/suite.js'
import { versionOf } from '../measure/version-of.js'

function rawPg(pool: Pool, table: string): Subject {
  function run(name: string, text: string, ...values: unknown[]): Promise<unknown> {
    return pool.query({ name: `${table}-${name}`, text: text.replace('TABLE', `"${table}"`), values })
  }
  return {
    name: 'pg Pool',
    async create(dataJson) {
      const id = mintId()
      const nowMs = Date.now()
      const text = 'insert into TABLE (id, created_at_ms, expires_at_ms, data_json) values ($1, $2, $3, $4)'
      await run('create', text, id, nowMs, nowMs + ttlMs, dataJson)
      return id
    },
    read: (id) => run('read', 'select user_id, created_at_ms, expires_at_ms, data_json from TABLE where id = $1', id),
    update: (id, dataJson) => run('update', 'update TABLE set data_json = $1 where id = $2', dataJson, id),
    touch: (id) => run('touch', 'update TABLE set expires_at_ms = $1 where id = $2', Date.now() + ttlMs, id),
    delete: (id) => run('delete', 'delete from TABLE where id = $1', id),
  }
}

function connectPg(pool: Pool, table: string): Subject & { close(): void } {
  const PgStore = connectPgSimple(session)
  const store = new PgStore({
    pool,
    tableName: table,
    createTableIfMissing: true,
    ttl: ttlMs / 1000,
    pruneSessionInterval: false,
  })
  return {
    name: 'connect-pg-simple',
    async create(dataJson) {
      const id = mintId()
      await called((done) => store.set(id, toSession(dataJson), done))
      return id
    },
    read: (id) => called((done) => store.get(id, done)),
    update: (id, dataJson) => called((done) => store.set(id, toSession(dataJson), done)),
    touch: (id) => called((done) => store.touch(id, toSession(''), () => done())),
    delete: (id) => called((done) => store.destroy(id, done)),
    close: () => store.close(),
  }
}

/** Returns the store over a client as a subject. */
export function ownPgStore(client: PgClient, table: string, name = '@bext/session-pg'): Subject {
  return ownStore(name, pgSessions({ client, table }))
}

export const pgSuite: Suite = {
  backend: 'pg',
  notes: `Each contender has a separate pool to the same server, which runs without fsync, and a separate table.

- postgres.js: one prepared statement for each operation, on a table like the store's. It checks nothing, not even the
  expiry, takes the time from its own process, and its late writes take effect. It shows the price of a statement, not of
  a store. Each sample uses a new client with all connections open, because a client that is never idle slows down: its
  queues grow, and it searches them. The store's client is not renewed, because it never uses its last connection.
- postgres.js, max 4: the same with a pool of 4 connections instead of 10.
- pg Pool: the same with \`pg\` and named statements.
- @bext/session-pg, pg Pool: the store with a \`Pool\` of \`pg\`, where the first one has a client of postgres.js.
- connect-pg-simple: its \`get\`, \`set\`, \`touch\`, \`set\` with a new id, and \`destroy\`, on the table that it creates. Its
  \`set\` is an upsert. The time of its \`get\` includes parsing the column's JSON.`,

  async open() {
    const service = await startPostgres()
    const prefix = `bench_${randomBytes(6).toString('hex')}`
    const clients = { admin: postgres(service.url, { max: 1, onnotice: () => {} }), own: postgres(service.url) }
    const pools = {
      raw: new Pool({ connectionString: service.url }),
      peer: new Pool({ connectionString: service.url }),
      own: new Pool({ connectionString: service.url }),
    }
    const tables = ['raw', 'four', 'pool', 'own', 'own_pool'].map((name) => `${prefix}_${name}`)
    for (const table of tables) await migrate(clients.admin, { table })
    const [raw = '', four = '', pool = '', own = '', ownPool = ''] = tables
    const allTables = [...tables, `${prefix}_peer`]
    const peer = connectPg(pools.peer, `${prefix}_peer`)
    const [row] = await clients.admin`show server_version`
    const postgresJs = rawPostgres('postgres.js', () => postgres(service.url), raw)
    const postgresJsOfFour = rawPostgres('postgres.js, max 4', () => postgres(service.url, { max: 4 }), four)
    return {
      others: [
        postgresJs,
        postgresJsOfFour,
        rawPg(pools.raw, pool),
        ownPgStore(pools.own, ownPool, '@bext/session-pg, pg Pool'),
        peer,
      ],
      store: ownPgStore(clients.own, own),
      versions: {
        'PostgreSQL server': String(row?.['server_version']),
        'postgres.js': versionOf('postgres'),
        pg: versionOf('pg'),
        'connect-pg-simple': versionOf('connect-pg-simple'),
      },
      async settle() {
        for (const table of allTables) await clients.admin`vacuum (analyze) ${clients.admin(table)}`
      },
      async close() {
        peer.close()
        await Promise.all([postgresJs.close(), postgresJsOfFour.close()])
        for (const table of allTables) await clients.admin`drop table if exists ${clients.admin(table)}`
        await Promise.all([...Object.values(clients), ...Object.values(pools)].map((client) => client.end()))
        await service.stop()
      },
    }
  },
}
