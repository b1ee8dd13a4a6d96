import { isSessionError, type CreateOptions, type SessionId } from '@bext/session-core'
import { mintSessionId, type Deadline, hashSessionId } from '@bext/session-core/store-helpers'
import type { WriteReply } from '../batching/batcher.js'
import type { Connection } from '../connection.js'
import { isServerReply } from '../errors.js'
import { nextAnonymousMark } from '../sessions/marks.js'
import { isOfUser, maxHeaderBytes, summaryBytes, toUserText, userTextOf } from '../sessions/record.js'
import type { NewRecord, SessionCommands } from '../sessions/commands.js'
import type { NewEntry, UserIndex } from './index-keys.js'

/**
 * What begins, prolongs and ends sessions in step with their users' indexes: see there for the order. What is done by
 * one command goes with a batch; what needs more has the rest of the call's time for it.
 */
export interface IndexedWrites {
  create(options: Required<CreateOptions>): Promise<SessionId>
  touch(hash: string, ttlMs: number): Promise<void>
  end(hash: string): Promise<void>
  /** Ends those of the sessions that are the user's. */
  endOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
}

// The text of a user begins with a quote, and no other outcome does.
function userTextIn({ outcome }: WriteReply): string | undefined {
  return typeof outcome === 'string' && outcome.startsWith('"') ? outcome : undefined
}

export function createIndexedWrites(
  connection: Connection,
  sessions: SessionCommands,
  index: UserIndex,
): IndexedWrites {
  // Takes the entry back if the session was refused, so that nothing of it stays (contract L2).
  async function createListed(deadline: Deadline, entry: NewEntry, record: NewRecord): Promise<WriteReply> {
    const { userText, hash } = entry
    const indexedUntilMs = await index.add(deadline, entry)
    try {
      const answer = await sessions.create(hash, { ...record, indexedUntilMs }, deadline)
      if (answer.outcome === 'unindexed') {
        return await createListed(deadline, { ...entry, fromMs: answer.serverNowMs }, record)
      }
      return answer
    } catch (error) {
      // What the server itself has refused was not done. Of any other failure nobody knows.
      if (isSessionError(error) && isServerReply(error.cause)) {
        await index.remove(deadline, userText, [hash]).catch(() => {})
      }
      throw error
    }
  }

  async function createUnder(deadline: Deadline, options: Required<CreateOptions>, fromMs: number): Promise<SessionId> {
    const { userId, dataJson, ttlMs } = options
    const userText = toUserText(userId)
    const id = mintSessionId()
    const hash = hashSessionId(id)
    const record = { ttlMs, indexedUntilMs: nextAnonymousMark(), userText, dataJson }
    const { outcome, serverNowMs } = await (userText === ''
      ? sessions.create(hash, record, deadline)
      : createListed(deadline, { userText, hash, ttlMs, fromMs, isNew: true }, record))
    return outcome === 'exists' ? createUnder(deadline, options, serverNowMs) : id
  }

  async function indexAndTouch(
    deadline: Deadline,
    hash: string,
    ttlMs: number,
    userText: string,
    fromMs: number,
  ): Promise<void> {
    const indexedUntilMs = await index.add(deadline, { userText, hash, ttlMs, fromMs, isNew: false })
    try {
      const answer = await sessions.touch(hash, ttlMs, indexedUntilMs, deadline)
      if (userTextIn(answer) !== undefined) await indexAndTouch(deadline, hash, ttlMs, userText, answer.serverNowMs)
    } catch (error) {
      if (isSessionError(error) && error.code === 'NotFound') await index.remove(deadline, userText, [hash])
      throw error
    }
  }

  return {
    async create(options) {
      const { userId, dataJson, ttlMs } = options
      if (userId !== undefined) return connection.call((deadline) => createUnder(deadline, options, 0))
      const id = mintSessionId()
      const record = { ttlMs, indexedUntilMs: nextAnonymousMark(), userText: '', dataJson }
      const { outcome, serverNowMs, startedAtMs } = await sessions.create(hashSessionId(id), record)
      if (outcome !== 'exists') return id
      return connection.call((deadline) => createUnder(deadline, options, serverNowMs), startedAtMs)
    },

    async touch(hash, ttlMs) {
      const answer = await sessions.touch(hash, ttlMs, 0)
      const userText = userTextIn(answer)
      if (userText === undefined) return
      const { serverNowMs, startedAtMs } = answer
      await connection.call((deadline) => indexAndTouch(deadline, hash, ttlMs, userText, serverNowMs), startedAtMs)
    },

    // The user is read before: a delete that the driver sends again would no longer find it (contract E6).
    async end(hash) {
      await connection.call(async (deadline) => {
        const [header = ''] = await sessions.getStarts(deadline, [hash], maxHeaderBytes)
        if (header === '') return
        await sessions.delete(hash, deadline)
        const userText = userTextOf(header)
        if (userText) await index.remove(deadline, userText, [hash])
      })
    },

    async endOfUser(deadline, userText, hashes) {
      const starts = await sessions.getStarts(deadline, hashes, summaryBytes(userText))
      const seen = hashes.filter((_, position) => isOfUser(userText, starts[position] ?? ''))
      if (seen.length === 0) return
      await sessions.deleteOfUser(deadline, userText, seen)
      await index.remove(deadline, userText, seen)
    },
  }
}
