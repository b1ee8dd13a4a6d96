import type { SweepResult } from '@bext/session-core'
import type { Connection } from '../connection.js'
import { checkOutcome } from '../sessions/outcomes.js'

interface SweepSetup {
  readonly connection: Connection
  /** The statement: see `Statements`. */
  readonly text: string
  /** The table's quoted name. */
  readonly table: string
  readonly timeoutMs: number
}

// A statement over so many blocks, half of whose rows have expired, takes a few milliseconds. They are shared between the partitions of a table.
const blocksAtOnce = 100

/**
 * Walks through the table's blocks, as there is no index by expiry: each call goes on where the last one stopped, until
 * it has removed enough, or half of its time is over. There is no more once the walk has come to the table's end.
 */
export function createSweep({
  connection,
  text,
  table,
  timeoutMs,
}: SweepSetup): (limit: number) => Promise<SweepResult> {
  let nextBlock = 0
  let partitions = 1

  return (limit) =>
    connection.call(async (deadline) => {
      let removed = 0
      while (removed < limit && performance.now() < deadline.atMs - timeoutMs / 2) {
        const from = nextBlock
        const to = from + Math.ceil(blocksAtOnce / partitions)
        const most = limit - removed
        const [count, blocks, parts] = await connection.write(
          deadline,
          text,
          String(most),
          `(${from},0)`,
          `(${to},0)`,
          table,
        )
        checkOutcome(count)
        removed += Number(count)
        partitions = Number(parts)
        // A range that has given all that was asked for may have more.
        if (Number(count) === most) break
        if (to >= Number(blocks)) {
          nextBlock = 0
          return { removed, more: false }
        }
        nextBlock = to
      }
      return { removed, more: true }
    })
}
