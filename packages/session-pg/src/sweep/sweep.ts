import type { SweepResult } from '@bext/session-core'
import type { Connection } from '../connection.js'
import { checkOutcome } from '../errors.js'

interface SweepSetup {
  readonly connection: Connection
  /** The statement `sweep` of `Statements`. */
  readonly text: string
  /** The table's quoted name. */
  readonly table: string
  readonly timeoutMs: number
}

// A statement over this many blocks takes a few milliseconds if half of the rows have expired. The partitions of a table
// share them.
const blocksPerStatement = 100

/**
 * Creates a sweep that reads the table block by block, because there is no index by expiry. Each call continues where the
 * last one stopped. It ends when it has removed `limit` records, when half of its time is over, or at the end of the
 * table. Resolves to `more: false` only at the end of the table.
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
        const to = from + Math.ceil(blocksPerStatement / partitions)
        const remaining = limit - removed
        const [count, blocks, parts] = await connection.write(
          deadline,
          text,
          String(remaining),
          `(${from},0)`,
          `(${to},0)`,
          table,
        )
        checkOutcome(count)
        removed += Number(count)
        partitions = Number(parts)
        // The limit is reached, so the range may hold more expired records.
        if (Number(count) === remaining) break
        if (to >= Number(blocks)) {
          nextBlock = 0
          return { removed, more: false }
        }
        nextBlock = to
      }
      return { removed, more: true }
    })
}
