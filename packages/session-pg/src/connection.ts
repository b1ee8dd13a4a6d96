import type { Deadline, GuardedCalls } from '@bext/session-core/store-helpers'
import { createGuardedCalls } from '@bext/session-core/store-helpers'
import type { PgClient, StatementMode, SqlText, TextRow } from './client/client.js'
import { queryTagged, detectStatementMode } from './client/client.js'
import { isConflict, mayHaveBeenSent, toSessionError } from './errors.js'
import { untilSent } from './client/until-sent.js'

/** The row of a fenced write, whose last column is the server's clock: `late`, or an outcome and what belongs to it. */
export type WrittenRow = readonly [outcome: string, ...details: SqlText[]]

/** What the store says to PostgreSQL goes through here. All rejections are `Backend` errors (contract E1). */
export interface Connection extends Pick<GuardedCalls, 'call' | 'close'> {
  /** Runs a statement that changes nothing. */
  read(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<TextRow[]>
  /** Runs a fenced write, whose own parameters begin at $2 (contract E2). */
  write(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<WrittenRow>
}

interface ConnectionOptions {
  readonly sql: PgClient
  readonly timeoutMs: number
  /** The statement that answers the server's clock. */
  readonly nowText: string
}

export function createConnection({ sql, timeoutMs, nowText }: ConnectionOptions): Connection {
  let preparation: StatementMode | undefined

  /** Rejects with the driver's error. */
  async function attempt(deadline: Deadline, text: string, parameters: readonly SqlText[]): Promise<TextRow[]> {
    for (;;) {
      try {
        return await untilSent(async () => {
          preparation ??= await detectStatementMode(sql)
          return queryTagged(sql, text, parameters, preparation)
        }, deadline.atMs)
      } catch (error) {
        if (!isConflict(error) || performance.now() >= deadline.atMs) throw error
      }
    }
  }

  async function read(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<TextRow[]> {
    try {
      return await attempt(deadline, text, parameters)
    } catch (error) {
      throw toSessionError(error)
    }
  }

  const { call, fencedWrite, close } = createGuardedCalls({
    timeoutMs,
    async askServerNowMs(deadline) {
      const [row] = await read(deadline, nowText)
      return Number(row?.[0])
    },
    mayStillRun: mayHaveBeenSent,
    toSessionError,
  })

  return {
    call,
    close,
    read,

    write(deadline, text, ...parameters) {
      return fencedWrite(deadline, async (notAfterMs) => {
        const [row = []] = await attempt(deadline, text, [String(notAfterMs), ...parameters])
        const written = [String(row[0]), ...row.slice(1, -1)] as const
        return { serverNowMs: Number(row.at(-1)), outcome: written[0] === 'late' ? 'late' : written }
      })
    },
  }
}
