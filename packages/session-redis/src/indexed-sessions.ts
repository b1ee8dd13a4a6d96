import { isSessionError, type CreateOptions, type SessionId } from '@bext/session-core'
import { mintSessionId, type Deadline, type Observation } from '@bext/session-core/store'
import type { Answer } from './batches.js'
import type { Connection } from './connection.js'
import { digest } from './hash.js'
import { timeDigits, toUserText } from './record.js'
import type { SessionCommands } from './session-commands.js'
import type { UserIndex } from './user-index.js'

/**
 * What begins, prolongs and ends sessions in step with their users' indexes: see there for the order. What is done by
 * one command goes with a batch; what needs more has the rest of the call's time for it.
 */
export interface IndexedSessions {
  create(observation: Observation, options: Required<CreateOptions>): Promise<SessionId>
  touch(observation: Observation, hash: string, ttlMs: number): Promise<void>
  end(observation: Observation, hash: string): Promise<void>
  /** Ends those of the sessions that are the user's. */
  endOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
}

// The text of a user begins with a quote, and no other outcome does.
function userTextOf({ outcome }: Answer): string | undefined {
  return typeof outcome === 'string' && outcome.startsWith('"') ? outcome : undefined
}

// Tells a create that the driver has sent twice from another one that was given the same id.
const marksOfUsers = 1000
const marksOfAnonymous = 10 ** timeDigits
let creates = 0

function nextMark(below: number): number {
  creates += 1
  return creates % below
}

export function createIndexedSessions(
  connection: Connection,
  sessions: SessionCommands,
  index: UserIndex,
): IndexedSessions {
  async function createUnder(deadline: Deadline, options: Required<CreateOptions>, fromMs: number): Promise<SessionId> {
    const { userId, dataJson, ttlMs } = options
    const userText = toUserText(userId)
    const id = mintSessionId()
    const hash = digest(id)
    const mark = nextMark(userText === '' ? marksOfAnonymous : marksOfUsers)
    // The entry leads the session by a minute at least.
    const indexedUntilMs = userText === '' ? mark : (await index.add(deadline, userText, hash, ttlMs, fromMs)) - mark
    const record = { ttlMs, indexedUntilMs, userText, dataJson }
    const { outcome, serverNowMs } = await sessions.create({ deadline }, hash, record)
    const taken = outcome === 'exists' || outcome === 'unindexed'
    return taken ? createUnder(deadline, options, serverNowMs) : id
  }

  async function indexAndTouch(
    deadline: Deadline,
    hash: string,
    ttlMs: number,
    userText: string,
    fromMs: number,
  ): Promise<void> {
    const indexedUntilMs = await index.add(deadline, userText, hash, ttlMs, fromMs)
    try {
      const answer = await sessions.touch({ deadline }, hash, ttlMs, indexedUntilMs)
      if (userTextOf(answer) !== undefined) await indexAndTouch(deadline, hash, ttlMs, userText, answer.serverNowMs)
    } catch (error) {
      if (isSessionError(error) && error.code === 'NotFound') await index.remove(deadline, userText, [hash])
      throw error
    }
  }

  return {
    async create(observation, options) {
      const { userId, dataJson, ttlMs } = options
      if (userId !== undefined) return connection.call((deadline) => createUnder(deadline, options, 0))
      const id = mintSessionId()
      const record = { ttlMs, indexedUntilMs: nextMark(marksOfAnonymous), userText: '', dataJson }
      const { outcome, serverNowMs, startedAtMs } = await sessions.create({ observation }, digest(id), record)
      if (outcome !== 'exists') return id
      return connection.call((deadline) => createUnder(deadline, options, serverNowMs), startedAtMs)
    },

    async touch(observation, hash, ttlMs) {
      const answer = await sessions.touch({ observation }, hash, ttlMs, 0)
      const userText = userTextOf(answer)
      if (userText === undefined) return
      const { serverNowMs, startedAtMs } = answer
      await connection.call((deadline) => indexAndTouch(deadline, hash, ttlMs, userText, serverNowMs), startedAtMs)
    },

    async end(observation, hash) {
      const answer = await sessions.delete({ observation }, hash)
      const userText = userTextOf(answer)
      if (userText === undefined) return
      await connection.call((deadline) => index.remove(deadline, userText, [hash]), answer.startedAtMs)
    },

    async endOfUser(deadline, userText, hashes) {
      await index.remove(deadline, userText, await sessions.deleteOfUser(deadline, userText, hashes))
    },
  }
}
