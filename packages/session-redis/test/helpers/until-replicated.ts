import type { RedisProcess } from '@bext-internal/test-services'
import { expect } from 'vitest'

/**
 * Waits until the replica of a master has all writes. `WAIT` does not tell: it counts only writes of the connection that
 * sends it.
 */
export async function untilReplicated(master: RedisProcess): Promise<void> {
  const isReplicated = async (): Promise<boolean> => {
    const info = await master.ask('INFO', 'replication')
    const [, offset] = /master_repl_offset:(\d+)/.exec(info) ?? []
    return offset !== undefined && info.includes(`offset=${offset},`)
  }
  await expect.poll(isReplicated, { timeout: 10_000 }).toBe(true)
}
