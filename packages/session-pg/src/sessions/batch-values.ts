import type { SqlText, TextRow } from '../client/adapter.js'
import type { WrittenRow } from '../connection.js'
import type { Outcome } from '../errors.js'
import { dataSeparator } from './batch-statements.js'

/** A session's row: id, user, created, expires, data. */
export type SessionRow = TextRow

/** Returns an array literal. Hashes and numbers need no quotes. */
export function arrayOf(items: readonly (string | number)[]): string {
  return `{${items.join(',')}}`
}

/**
 * Returns an array literal of users. Each user has a prefix, and an empty text stands for no user, because with
 * array_nulls off an unquoted null would be a text.
 */
export function arrayOfUsers(users: readonly SqlText[]): string {
  const quoted = users.map((user) => (user === null ? '""' : `"=${user.replaceAll(/["\\]/g, '\\$&')}"`))
  return `{${quoted.join(',')}}`
}

/** Joins the data of calls to one text. */
export function joinData(calls: readonly { readonly dataJson: string }[]): string {
  return calls.map(({ dataJson }) => dataJson).join(dataSeparator)
}

function idsOf(list: SqlText | undefined): ReadonlySet<string> {
  return new Set(list?.split(','))
}

/** Returns a function from a session's hash to the outcome of its change. */
export function outcomesOf([outcome, done, locked, refused]: WrittenRow): (hash: string) => Outcome | 'locked' {
  if (outcome === 'done') return () => 'done'
  const rest = outcome === 'hidden' ? 'hidden' : 'missing'
  const [doneIds, lockedIds, refusedIds] = [idsOf(done), idsOf(locked), idsOf(refused)]
  return (hash) => {
    if (doneIds.has(hash)) return 'done'
    if (refusedIds.has(hash)) return 'refused'
    return rest === 'missing' && lockedIds.has(hash) ? 'locked' : rest
  }
}

/**
 * Parses the rows of many sessions, by their hashes. Returns `undefined` if data contains the separator, which only
 * another program can have written.
 */
export function parseRows(text: string, count: number): ReadonlyMap<string, SessionRow> | undefined {
  const rows = new Map<string, SessionRow>()
  const fields = count === 0 ? [] : text.split(dataSeparator)
  if (fields.length !== 5 * count) return undefined
  for (let at = 0; at < fields.length; at += 5) {
    const [id = '', userJson = '', created = '', expires = '', data = ''] = fields.slice(at, at + 5)
    rows.set(id, [id, userJson === '' ? null : String(JSON.parse(userJson)), created, expires, data])
  }
  return rows
}
