import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import type { Deadline } from '@bext/session-core/store-helpers'
import { createWriteFence, withinDeadline } from '@bext/session-core/store-helpers'
import type { PgClient, StatementMode, SqlText, TextRow } from './client/client.js'
import { queryTagged, detectStatementMode } from './client/client.js'
import { isConflict, mayHaveBeenSent, toSessionError } from './errors.js'
import { untilSent } from './client/until-sent.js'

/** The row of a fenced write, whose last column is the server's clock: `late`, or an outcome and what belongs to it. */
export type WrittenRow = readonly [outcome: string, ...details: SqlText[]]

/** What the store says to PostgreSQL goes through here. All rejections are `Backend` errors (contract E1). */
export interface Connection {
  /**
   * Runs calls of the store within the time that the first of them has, which began at `startedAtMs` of
   * `performance.now()` (contract E5). Rejects with reason `closed` once `close` was called.
   */
  call<T>(work: (deadline: Deadline) => Promise<T>, startedAtMs?: number): Promise<T>
  /** Runs a statement that changes nothing. */
  read(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<TextRow[]>
  /** Runs a fenced write, whose own parameters begin at $2 (contract E2). */
  write(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<WrittenRow>
  close(): Promise<void>
}

interface ConnectionOptions {
  readonly sql: PgClient
  /** Ends what the store itself opened. */
  readonly end: () => Promise<void>
  readonly timeoutMs: number
  /** The statement that answers the server's clock. */
  readonly nowText: string
}

// Work ends a little before the timer of its call does, so that the call rejects with the cause and not for time.
const maxLeadMs = 5

export function createConnection({ sql, end, timeoutMs, nowText }: ConnectionOptions): Connection {
  const leadMs = Math.min(maxLeadMs, timeoutMs / 2)
  let closing: Promise<void> | undefined
  let preparation: StatementMode | undefined

  function checkOpen(): void {
    if (closing) throw new SessionError('closed', 'The store is closed.')
  }

  /** Rejects with the driver's error. */
  async function attempt(deadline: Deadline, text: string, parameters: readonly SqlText[]): Promise<TextRow[]> {
    for (;;) {
      try {
        return await untilSent(async () => {
          checkOpen()
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

  async function send(deadline: Deadline, text: string, parameters: readonly SqlText[]): Promise<TextRow[]> {
    try {
      return await attempt(deadline, text, parameters)
    } catch (error) {
      // The connection is gone, but the server may still do what it was sent, until the fence closes. Nobody may be told
      // that it failed while it can still come true (contract E2).
      if (mayHaveBeenSent(error)) await sleep(Math.max(0, deadline.atMs + 1 - performance.now()))
      throw toSessionError(error)
    }
  }

  // The question has a deadline of its own, because the writes of many calls wait for one answer.
  const fence = createWriteFence(() =>
    withinDeadline(timeoutMs, async (deadline) => {
      const [row] = await read(deadline, nowText)
      return Number(row?.[0])
    }),
  )

  return {
    async call(work, startedAtMs) {
      checkOpen()
      return withinDeadline(timeoutMs, ({ atMs }) => work({ atMs: atMs - leadMs }), startedAtMs)
    },

    read,

    write(deadline, text, ...parameters) {
      return fence.write(deadline, async (notAfterMs) => {
        const [row = []] = await send(deadline, text, [String(notAfterMs), ...parameters])
        const written = [String(row[0]), ...row.slice(1, -1)] as const
        return { serverNowMs: Number(row.at(-1)), outcome: written[0] === 'late' ? 'late' : written }
      })
    },

    close() {
      closing ??= end()
      return closing
    },
  }
}
