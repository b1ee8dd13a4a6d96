import { createGuardedCalls, type Deadline, type GuardedCalls } from '@bext/session-core/store-helpers'
import type { PgAdapter, SqlText, TextRow } from './client/adapter.js'
import { detectPreparing } from './client/connection-traits.js'
import { pauseBeforeRetry } from './client/retry-unsent.js'
import { queryTagged } from './client/tagged-replies.js'
import { isConflict, mayHaveBeenSent, toSessionError } from './errors.js'

/** Row of a fenced write, without the server's clock at its end: `late`, or an outcome and its details. */
export type WrittenRow = readonly [outcome: string, ...details: SqlText[]]

/** Sends the statements of a store. All rejections are `Backend` errors (contract E1). */
export interface Connection extends Pick<GuardedCalls, 'call' | 'resume' | 'close'> {
  /** Runs a statement that changes nothing. */
  read(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<TextRow[]>
  /** Runs a fenced write (contract E2). `parameters` begin at $2. */
  write(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<WrittenRow>
  /**
   * Runs a fenced write of one row, which returns the server's clock if it was done, and otherwise no row. Resolves to
   * whether it is known to be done.
   */
  writeRow(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<boolean>
}

interface ConnectionOptions {
  readonly adapter: PgAdapter
  readonly timeoutMs: number
  /** The statement that returns the server's clock. */
  readonly nowText: string
}

/** Creates the connection of a store. */
export function createConnection({ adapter, timeoutMs, nowText }: ConnectionOptions): Connection {
  let prepare: boolean | undefined

  /**
   * Runs a statement, and runs it again after conflicts, and after breaks before which it was not sent. Rejects with the
   * driver's error.
   */
  async function attempt(
    deadline: Deadline,
    text: string,
    parameters: readonly SqlText[],
    mayBeEmpty = false,
  ): Promise<TextRow[]> {
    let breaks = 0
    for (;;) {
      try {
        prepare ??= await detectPreparing(adapter, deadline.atMs)
        return await queryTagged(adapter, { text, parameters, prepare, untilMs: deadline.atMs, mayBeEmpty })
      } catch (error) {
        if (isConflict(error) && performance.now() < deadline.atMs) continue
        await pauseBeforeRetry(error, breaks, deadline.atMs)
        breaks += 1
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

  const { call, resume, fencedWrite, close } = createGuardedCalls({
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
    resume,
    close,
    read,

    write(deadline, text, ...parameters) {
      return fencedWrite(deadline, async (notAfterMs) => {
        const [row = []] = await attempt(deadline, text, [String(notAfterMs), ...parameters])
        const written = [String(row[0]), ...row.slice(1, -1)] as const
        return { serverNowMs: Number(row.at(-1)), outcome: written[0] === 'late' ? 'late' : written }
      })
    },

    writeRow(deadline, text, ...parameters) {
      return fencedWrite(deadline, async (notAfterMs) => {
        const [row] = await attempt(deadline, text, [String(notAfterMs), ...parameters], true)
        return { serverNowMs: row === undefined ? undefined : Number(row[0]), outcome: row !== undefined }
      })
    },
  }
}
