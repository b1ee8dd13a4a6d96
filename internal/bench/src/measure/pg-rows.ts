import { createHash } from 'node:crypto'
import type postgres from 'postgres'
import { dataOf } from './load.js'

const rowsAtOnce = 100_000

/** Returns the id of a session that `fillTable` made, by its number. */
export function idOf(number: number): string {
  return createHash('sha256').update(String(number)).digest('base64url')
}

/** The key column of a table: the session's id, as raw drivers have it, or the id's hash, as the store has it. */
export type Key = 'id' | 'hash'

const idText = `rtrim(translate(encode(sha256(number::text::bytea), 'base64'), '+/', '-_'), '=')`
const keyTexts: Readonly<Record<Key, string>> = {
  id: idText,
  hash: `rtrim(translate(encode(sha256((${idText})::bytea), 'base64'), '+/', '-_'), '=')`,
}

export interface Fill {
  readonly table: string
  readonly key: Key
  /** The number of the first session, and of the one after the last. */
  readonly from: number
  readonly to: number
  readonly bytes: number
  /** SQL for the remaining time of the session with that `number`, in milliseconds. Negative: it has expired. */
  readonly livesForMs: string
}

/** Fills the table with sessions, bypassing its store. */
export async function fillTable(sql: postgres.Sql, fill: Fill): Promise<void> {
  const { table, key, from, to, bytes, livesForMs } = fill
  for (let start = from; start < to; start += rowsAtOnce) {
    await sql.unsafe(
      `insert into "${table}" (id, created_at_ms, expires_at_ms, data_json)
      select ${keyTexts[key]}, now_ms, now_ms + ${livesForMs}, $1::text
      from generate_series($2::bigint, $3::bigint) as number,
        floor(extract(epoch from now()) * 1000) as now_ms`,
      [dataOf(bytes), start, Math.min(start + rowsAtOnce, to) - 1],
    )
  }
  await sql.unsafe(`vacuum (analyze) "${table}"`)
}
