import type postgres from 'postgres'
import { mintId, ttlMs } from './session.js'
import type { Subject } from './suite.js'

export interface RawPostgres extends Subject {
  close(): Promise<void>
}

/**
 * Returns the bare driver as a subject: one prepared statement for each operation, on a table like the store's.
 *
 * A client that is never idle slows down, because its queues grow. So each sample uses a new client, with all
 * connections open and all statements prepared.
 */
export function rawPostgres(name: string, open: () => postgres.Sql, table: string): RawPostgres {
  let sql = open()
  const subject: RawPostgres = {
    name,
    async create(dataJson) {
      const id = mintId()
      const nowMs = Date.now()
      await sql`insert into ${sql(table)} (id, created_at_ms, expires_at_ms, data_json)
        values (${id}, ${nowMs}, ${nowMs + ttlMs}, ${dataJson})`
      return id
    },
    read: (id) => sql`select user_id, created_at_ms, expires_at_ms, data_json from ${sql(table)} where id = ${id}`,
    update: (id, dataJson) => sql`update ${sql(table)} set data_json = ${dataJson} where id = ${id}`,
    touch: (id) => sql`update ${sql(table)} set expires_at_ms = ${Date.now() + ttlMs} where id = ${id}`,
    delete: (id) => sql`delete from ${sql(table)} where id = ${id}`,
    async renew() {
      await sql.end()
      sql = open()
      const onEachConnection = (call: () => Promise<unknown>): Promise<unknown> =>
        Promise.all(Array.from({ length: sql.options.max }, call))
      await onEachConnection(() => subject.read(''))
      await onEachConnection(() => subject.update('', ''))
      await onEachConnection(() => subject.touch(''))
      const created: string[] = []
      await onEachConnection(async () => created.push(await subject.create('')))
      await Promise.all(created.map((id) => subject.delete(id)))
    },
    close: () => sql.end(),
  }
  return subject
}
