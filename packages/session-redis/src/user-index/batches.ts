import type { Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import type { UserIndex } from './index-keys.js'

// Number of sessions that are read or ended at once. The list and its first batch have one deadline. Each further batch
// has another one, so that long lists still finish.
const batchSize = 250

interface Parts {
  readonly connection: Connection
  readonly index: UserIndex
}

/** Calls `work` with the hashes of all sessions of a user, in batches. Some may be gone, or not created yet. */
export async function forEachBatch(
  { connection, index }: Parts,
  userText: string,
  work: (deadline: Deadline, hashes: readonly string[]) => Promise<void>,
): Promise<void> {
  const startedAtMs = performance.now()
  const hashes = await connection.call((deadline) => index.list(deadline, userText), startedAtMs)
  for (let from = 0; from < hashes.length; from += batchSize) {
    const batch = hashes.slice(from, from + batchSize)
    await connection.resume((deadline) => work(deadline, batch), from === 0 ? startedAtMs : undefined)
  }
}
