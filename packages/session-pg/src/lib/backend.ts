import { SessionError } from '@bext/session-core'
import type { Deadline } from '@bext/session-core/store'
import { createWriteFence, withinDeadline } from '@bext/session-core/store'
import type { PgClient, SqlText, TextRow } from './client.js'
import { query } from './client.js'
import { codeOf, toPgError } from './pg-error.js'

/**
 * The server, for one statement at a time. Each ends within the deadline, and rejects with `Backend` only (contract
 * E1, E5); with reason `closed` once `close` was called.
 */
export interface Backend {
  /** Runs a statement that changes nothing. */
  readonly ask: (text: string, ...parameters: SqlText[]) => Promise<TextRow[]>
  /** Runs a fenced write, whose own parameters begin at $2, and resolves to its outcome. */
  readonly write: (text: string, ...parameters: SqlText[]) => Promise<string>
  readonly close: () => Promise<void>
}

export interface BackendOptions {
  readonly sql: PgClient
  /** Ends what the store itself opened. */
  readonly end: () => Promise<void>
  readonly timeoutMs: number
  /** The statement that answers the server's clock. */
  readonly nowText: string
}

const serializationFailure = '40001'

export function createBackend({ sql, end, timeoutMs, nowText }: BackendOptions): Backend {
  let closing: Promise<void> | undefined

  async function run(deadline: Deadline, text: string, parameters: SqlText[]): Promise<TextRow[]> {
    for (;;) {
      if (closing) throw new SessionError('closed', 'The store is closed.')
      try {
        return await query(sql, text, parameters)
      } catch (error) {
        // A database whose default is `repeatable read` or `serializable` asks for another try when writes collide.
        if (codeOf(error) !== serializationFailure || performance.now() >= deadline.atMs) throw toPgError(error)
      }
    }
  }

  function ask(text: string, ...parameters: SqlText[]): Promise<TextRow[]> {
    return withinDeadline(timeoutMs, (deadline) => run(deadline, text, parameters))
  }

  // The question has a deadline of its own, because the writes of many calls wait for one answer.
  const fence = createWriteFence(async () => {
    const [row] = await ask(nowText)
    return Number(row?.[0])
  })

  function write(text: string, ...parameters: SqlText[]): Promise<string> {
    return withinDeadline(timeoutMs, (deadline) =>
      fence.write(deadline, async (notAfterMs) => {
        const [row] = await run(deadline, text, [String(notAfterMs), ...parameters])
        return { outcome: String(row?.[0]), serverNowMs: Number(row?.[1]) }
      }),
    )
  }

  function close(): Promise<void> {
    closing ??= end()
    return closing
  }

  return { ask, write, close }
}
