import { createHash } from 'node:crypto'
import type { SessionPlugin } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  createWriteFence,
  isServerBackedId,
  mintSessionId,
  withinDeadline,
} from '@bext/session-core/store-helpers'
import type { Sql } from 'postgres'
import { invalid, maxDataBytes } from './checks.js'
import { notFound } from './server-base.js'

/** Table of the store below. Each row is a session of a namespace. */
export function timestampTable(name: string): string {
  return `create table ${name} (
    key bytea primary key, space text not null, "user" text, data text not null,
    born timestamptz not null, ends timestamptz not null)`
}

const times = 'extract(epoch from born) * 1000 as born, extract(epoch from ends) * 1000 as ends'
const inTime = "clock_timestamp() < 'epoch'::timestamptz + $1::float8 * interval '1 millisecond'"

/** A correct store of another design: timestamps with time zone, binary keys with the namespace in their hash. */
export function pgTimestampSessions(sql: Sql, table: string, space: string, timeoutMs: number): SessionPlugin {
  const fence = createWriteFence(async () =>
    Number((await sql`select extract(epoch from clock_timestamp()) * 1000 as now`)[0]?.['now']),
  )
  const keyOf = (id: unknown): Buffer =>
    createHash('sha256')
      .update(`${space}/${checkSessionId(id)}`)
      .digest()

  function write(statement: string, ...values: readonly (string | number | Buffer | null)[]): Promise<boolean> {
    return withinDeadline(timeoutMs, (deadline) =>
      fence.write(deadline, async (notAfterMs) => {
        const text = `with hit as (${statement} returning 1)
          select exists (select from hit) as hit, extract(epoch from clock_timestamp()) * 1000 as now`
        const [row] = await sql.unsafe(text, [notAfterMs, ...values], { prepare: true })
        const serverNowMs = Math.floor(Number(row?.['now']))
        return {
          serverNowMs,
          outcome: row?.['hit'] !== true && serverNowMs >= notAfterMs ? 'late' : row?.['hit'] === true,
        }
      }),
    )
  }

  async function change(assignment: string, id: unknown, value: string | number): Promise<void> {
    const where = `where key = $2 and ends > clock_timestamp() and ${inTime}`
    if (!(await write(`update ${table} set ${assignment} ${where}`, keyOf(id), value))) throw notFound()
  }

  return {
    name: 'pg timestamps',
    async create(options) {
      const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes })
      if (userId?.includes('\u0000') === true) throw invalid('userId must not hold a NUL.')
      const statement = `insert into ${table} select $2, $3, $4, $5, now, now + $6::float8 * interval '1 millisecond'
        from date_trunc('milliseconds', clock_timestamp()) as now where ${inTime} on conflict do nothing`
      for (;;) {
        const id = mintSessionId()
        if (await write(statement, keyOf(id), space, userId ?? null, dataJson, ttlMs)) return id
      }
    },
    async read(id) {
      const key = keyOf(id)
      const text = `select "user", data, ${times} from ${table} where key = $1 and ends > clock_timestamp()`
      const [row] = await withinDeadline(timeoutMs, async () => sql.unsafe(text, [key], { prepare: true }))
      if (row === undefined) throw notFound()
      const { user, data, born, ends } = row as unknown as {
        user: string | null
        data: string
        born: string
        ends: string
      }
      return { id, userId: user ?? undefined, dataJson: data, createdAtMs: Number(born), expiresAtMs: Number(ends) }
    },
    async update(id, dataJson) {
      await change('data = $3', id, checkDataJson(dataJson, maxDataBytes))
      return id
    },
    async touch(id, ttlMs) {
      await change(
        "ends = date_trunc('milliseconds', clock_timestamp()) + $3::float8 * interval '1 millisecond'",
        id,
        checkTtlMs(ttlMs),
      )
      return id
    },
    async delete(id) {
      if (isServerBackedId(id)) await write(`delete from ${table} where key = $2 and ${inTime}`, keyOf(id))
    },
    isHealthy: () =>
      withinDeadline(timeoutMs, async () => sql`select 1`).then(
        () => true,
        () => false,
      ),
  }
}
