import { isSessionError } from '@bext/session-core'
import { waitUntil } from '@bext-internal/test-services'
import type { Redis } from 'ioredis'
import type { ChaosStore, Scene } from '../scenario.js'

const ttlMs = 3_600_000
const userId = 'user of the full server'
const settledWithinMs = 5000

/** Switches that put the server over its memory limit and back. */
export interface Limit {
  readonly fill: () => Promise<void>
  readonly lift: () => Promise<void>
}

async function expectFull(name: string, call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (isSessionError(error) && error.reason === 'full') return
    throw error
  }
  throw new Error(`Expected a full server to reject a ${name}, but it accepted it.`)
}

// Each entry is the name of its index and of its session.
async function entriesWithoutSession(client: Redis): Promise<ReadonlySet<string>> {
  const prefix = 'session:'
  const found = new Set<string>()
  for (const index of await client.keys(`${prefix}user:*`)) {
    const hashes = await client.zrange(index, '0', '-1')
    const exist = await Promise.all(hashes.map((hash) => client.exists(`${prefix}${hash}`)))
    for (const [position, hash] of hashes.entries()) if (exist[position] === 0) found.add(`${index} ${hash}`)
  }
  return found
}

/**
 * Fills the server and checks contract L2: touches and deletes work, new sessions and longer data are rejected, and
 * rejected calls store nothing. Rejects otherwise.
 *
 * On a slow machine, a create of the load may add its index entry and reach its deadline before the session is written.
 * Such an entry remains until it expires. So the check counts only new entries, and subtracts one for each call of the load
 * that was not answered meanwhile.
 */
export async function checkWhileFull(
  store: ChaosStore,
  client: Redis,
  { unanswered }: Scene,
  { fill, lift }: Limit,
): Promise<void> {
  const create = (): ReturnType<ChaosStore['create']> => store.create({ userId, dataJson: '{}', ttlMs })
  const [kept, ended] = await Promise.all([create(), create(), create()])
  const unansweredBefore = unanswered()
  const entriesBefore = await entriesWithoutSession(client)
  await fill()
  try {
    const keys = await client.dbsize()
    for (let round = 0; round < 10; round += 1) {
      await expectFull('session', create())
      await expectFull('session', store.create({ dataJson: '{}', ttlMs }))
      await expectFull('longer text', store.update(kept, JSON.stringify('x'.repeat(1000))))
      await store.touch(kept, ttlMs + round)
    }
    await store.delete(ended)
    const { dataJson } = await store.read(kept)
    if (dataJson !== '{}') throw new Error('A rejected update has changed the data.')
    await store.endUserSessions(userId)
    if ((await store.listUserSessions(userId)).length > 0)
      throw new Error('Sessions are still listed after they were ended on a full server.')
    if ((await client.dbsize()) >= keys) throw new Error('A full server holds more keys than before.')
    // The store removes a session's index entry after the session itself.
    await waitUntil(async () => {
      const entries = [...(await entriesWithoutSession(client))].filter((entry) => !entriesBefore.has(entry))
      const left = entries.length - (unanswered() - unansweredBefore)
      if (left > 0) throw new Error(`A full server still holds ${left} index entries without a session.`)
    }, settledWithinMs)
  } finally {
    await lift()
  }
}
