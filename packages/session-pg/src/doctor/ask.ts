import { isSessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { PgClient, SqlText, TextRow } from '../client/client.js'
import { query } from '../client/client.js'
import { codeOf, isSqlState, toSessionError } from '../errors.js'
import { untilSent } from '../client/until-sent.js'

/** Asks the server, with a limit for each answer. All rejections are `Backend` errors. */
export interface Ask {
  rows(text: string, ...parameters: SqlText[]): Promise<readonly TextRow[]>
  /** The first row. Rejects if there is none. */
  row(text: string, ...parameters: SqlText[]): Promise<TextRow>
}

export function createAsk(sql: PgClient, timeoutMs: number): Ask {
  function rows(text: string, ...parameters: SqlText[]): Promise<readonly TextRow[]> {
    return withinDeadline(timeoutMs, async () => {
      try {
        return await untilSent(() => query(sql, text, parameters))
      } catch (error) {
        throw toSessionError(error)
      }
    })
  }
  return {
    rows,
    async row(text, ...parameters) {
      const [row] = await rows(text, ...parameters)
      if (row === undefined) throw toSessionError(new Error('The server answered no row.'))
      return row
    },
  }
}

/** The SQLSTATE by which the server has refused to answer; `undefined` for any other error. */
export function refusalOf(error: unknown): string | undefined {
  const cause = isSessionError(error) ? error.cause : undefined
  const code = codeOf(cause)
  return isSqlState(code) && !/^(08|57|55P03)/.test(code) ? code : undefined
}
