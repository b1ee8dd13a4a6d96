import { isSessionError } from '@bext/session-core'
import { waitUntil } from '@bext-internal/test-services'
import type { Redis } from 'ioredis'
import type { ChaosStore } from '../scenario.js'

const ttlMs = 3_600_000
const userId = 'of the full server'
const settledWithinMs = 5000

/** Puts the server over its limit, and back. */
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
  throw new Error(`A full server has taken a ${name}.`)
}

async function entriesWithoutSession(client: Redis): Promise<number> {
  const prefix = 'session:'
  const indexes = await client.keys(`${prefix}user:*`)
  const hashes = (await Promise.all(indexes.map((key) => client.zrange(key, '0', '-1')))).flat()
  const found = await Promise.all(hashes.map((hash) => client.exists(`${prefix}${hash}`)))
  return found.filter((count) => count === 0).length
}

/**
 * Fills the server, and checks what goes on and what is refused (contract L2): sessions are extended and ended, new
 * ones and longer data are refused, and nothing of what was refused stays. Rejects if it is otherwise.
 */
export async function checkWhileFull(store: ChaosStore, client: Redis, { fill, lift }: Limit): Promise<void> {
  const create = (): ReturnType<ChaosStore['create']> => store.create({ userId, dataJson: '{}', ttlMs })
  const [kept, ended] = await Promise.all([create(), create(), create()])
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
    if (dataJson !== '{}') throw new Error('A refused update has changed the data.')
    await store.endUserSessions(userId)
    if ((await store.listUserSessions(userId)).length > 0) throw new Error('A full server has kept ended sessions.')
    if ((await client.dbsize()) >= keys) throw new Error('A full server has taken more keys than it has given up.')
    // Of sessions that are being ended just now the entry goes last.
    await waitUntil(async () => {
      const left = await entriesWithoutSession(client)
      if (left > 0) throw new Error(`A full server has kept ${left} index entries of no session.`)
    }, settledWithinMs)
  } finally {
    await lift()
  }
}
