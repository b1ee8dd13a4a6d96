import type { PgAdapter, PgStatement, TextRow } from './adapter.js'

/**
 * Thrown for a reply that lacks the tag of its statement. When a connection breaks, postgres.js 3.4 may resolve a query
 * with no rows, or with another query's rows. The tag at the end of each row detects this, so that such a reply is never
 * mistaken for a missing or different session.
 */
export class MisroutedReplyError extends Error {
  readonly code = 'MISROUTED_REPLY'
}

let lastTag = 0

/** Returns a number that no other statement of this process has. */
export function nextTag(): string {
  lastTag = (lastTag + 1) % Number.MAX_SAFE_INTEGER
  return String(lastTag)
}

/** Removes the tag from the end of each row. Throws unless there is a row, and all rows have the tag. */
export function stripTag(rows: readonly TextRow[], tag: string): TextRow[] {
  if (rows.length > 0 && rows.every((row) => row.at(-1) === tag)) return rows.map((row) => row.slice(0, -1))
  throw new MisroutedReplyError('The connection broke: the driver returned a wrong reply. Try again.')
}

/**
 * Runs one statement of a store, whose rows end with its last parameter: see `CorrelationTag`. Throws for a reply without
 * rows, unless the statement `mayBeEmpty`.
 */
export async function queryTagged(
  adapter: PgAdapter,
  statement: PgStatement & { readonly mayBeEmpty: boolean },
): Promise<TextRow[]> {
  const tag = nextTag()
  const { text, parameters, prepare, untilMs, mayBeEmpty } = statement
  const { rows } = await adapter.runStatement({ text, parameters: [...parameters, tag], prepare, untilMs })
  return mayBeEmpty && rows.length === 0 ? [] : stripTag(rows, tag)
}
