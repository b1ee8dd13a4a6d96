import { isSessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import { warning, problem, skipped, type Finding } from '@bext/session-core/doctor'
import type { PgAdapter, SqlText, TextRow } from '../client/adapter.js'
import { retryUnsent } from '../client/retry-unsent.js'
import { codeOf, isSqlState } from '../error-codes.js'
import { toSessionError } from '../errors.js'

/** Runs queries, with a time limit for each reply. All rejections are `Backend` errors. */
export interface Ask {
  rows(text: string, ...parameters: SqlText[]): Promise<readonly TextRow[]>
  /** Resolves to the first row. Rejects if there is none. */
  row(text: string, ...parameters: SqlText[]): Promise<TextRow>
}

export function createAsk(adapter: PgAdapter, timeoutMs: number): Ask {
  function rows(text: string, ...parameters: SqlText[]): Promise<readonly TextRow[]> {
    return withinDeadline(timeoutMs, async ({ atMs }) => {
      const statement = { text, parameters, prepare: false, untilMs: atMs }
      try {
        const { rows: found } = await retryUnsent(() => adapter.runStatement(statement), atMs)
        return found
      } catch (error) {
        throw toSessionError(error)
      }
    })
  }
  return {
    rows,
    async row(text, ...parameters) {
      const [row] = await rows(text, ...parameters)
      if (row === undefined) throw toSessionError(new Error('The server returned no row.'))
      return row
    },
  }
}

/** Returns the SQLSTATE with which the server rejected a query; `undefined` for any other error. */
export function refusalOf(error: unknown): string | undefined {
  const cause = isSessionError(error) ? error.cause : undefined
  const code = codeOf(cause)
  return isSqlState(code) && !/^(08|57|55P03)/.test(code) ? code : undefined
}

/** Runs a check. If the server refuses it or does not respond, resolves to a finding that says so. */
export async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    const code = refusalOf(error)
    if (code === undefined) {
      return [problem(subject, skipped, 'The server did not reply in time.', 'Check the log of the server.')]
    }
    const why = `The server does not let this role run the query (SQLSTATE ${code}).`
    return [warning(subject, skipped, why, 'Run the doctor as a role with more rights.')]
  }
}
