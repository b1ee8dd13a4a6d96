import { isSessionError, type CreateOptions, type SessionId } from '@bext/session-core'
import { mintSessionId, type Deadline, hashSessionId } from '@bext/session-core/store-helpers'
import type { WriteReply } from '../batching/batcher.js'
import type { Connection } from '../connection.js'
import { isServerReply } from '../errors.js'
import { createAnonymousNonce } from '../sessions/write-nonce.js'
import { isOfUser, summaryBytes, toUserText } from '../sessions/record.js'
import type { NewRecord, SessionCommands } from '../sessions/commands.js'
import type { NewEntry, UserIndex } from './index-keys.js'

/**
 * Creates, touches and deletes sessions while keeping each user's index consistent. See index-keys.ts for the order of
 * writes. The first command of an anonymous create, of a touch and of a delete is batched. Further commands have the
 * rest of the call's time.
 */
export interface IndexedWrites {
  create(options: Required<CreateOptions>): Promise<SessionId>
  /** Resolves to false if a session has the hash already (contract O6). */
  createWithHash(hash: string, options: Required<CreateOptions>): Promise<boolean>
  touch(hash: string, ttlMs: number): Promise<void>
  /** Succeeds also if the session is missing. */
  delete(hash: string): Promise<void>
  /** Deletes those of the sessions that belong to the user. */
  deleteOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
}

// The text of a user begins with a quote, and no other outcome does.
function userTextInReply({ outcome }: WriteReply): string | undefined {
  return typeof outcome === 'string' && outcome.startsWith('"') ? outcome : undefined
}

/** Creates the writes of a store. */
export function createIndexedWrites(
  connection: Connection,
  commands: SessionCommands,
  index: UserIndex,
): IndexedWrites {
  // Removes the entry if the server rejects the session, so that nothing of it is left (contract L2).
  async function createIndexed(deadline: Deadline, entry: NewEntry, record: NewRecord): Promise<WriteReply> {
    const { userText, hash } = entry
    const indexedUntilMs = await index.add(deadline, entry)
    try {
      const reply = await commands.create(hash, { ...record, indexedUntilMs }, deadline)
      if (reply.outcome === 'unindexed') {
        return await createIndexed(deadline, { ...entry, fromMs: reply.serverNowMs }, record)
      }
      return reply
    } catch (error) {
      // A write that the server itself rejected had no effect. After any other error the session may exist.
      if (isSessionError(error) && isServerReply(error.cause)) {
        await index.remove(deadline, userText, [hash]).catch(() => {})
      }
      throw error
    }
  }

  function createHash(
    deadline: Deadline,
    hash: string,
    { userId, dataJson, ttlMs }: Required<CreateOptions>,
    fromMs: number,
  ): Promise<WriteReply> {
    const userText = toUserText(userId)
    const record = { ttlMs, indexedUntilMs: createAnonymousNonce(), userText, dataJson }
    return userText === ''
      ? commands.create(hash, record, deadline)
      : createIndexed(deadline, { userText, hash, ttlMs, fromMs, isNew: true }, record)
  }

  async function createNow(deadline: Deadline, options: Required<CreateOptions>, fromMs: number): Promise<SessionId> {
    const id = mintSessionId()
    const { outcome, serverNowMs } = await createHash(deadline, hashSessionId(id), options, fromMs)
    return outcome === 'exists' ? createNow(deadline, options, serverNowMs) : id
  }

  // The entry stays if the session that has the hash is the same user's.
  async function removeNeedlessEntry(deadline: Deadline, hash: string, userText: string): Promise<void> {
    const [start = ''] = await commands.getStarts(deadline, [hash], summaryBytes(userText))
    if (!isOfUser(userText, start)) await index.remove(deadline, userText, [hash])
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
      const reply = await commands.touch(hash, ttlMs, indexedUntilMs, deadline)
      if (userTextInReply(reply) !== undefined) await indexAndTouch(deadline, hash, ttlMs, userText, reply.serverNowMs)
    } catch (error) {
      if (isSessionError(error) && error.code === 'NotFound') await index.remove(deadline, userText, [hash])
      throw error
    }
  }

  return {
    async create(options) {
      const { userId, dataJson, ttlMs } = options
      if (userId !== undefined) return connection.call((deadline) => createNow(deadline, options, 0))
      const id = mintSessionId()
      const record = { ttlMs, indexedUntilMs: createAnonymousNonce(), userText: '', dataJson }
      const { outcome, serverNowMs, startedAtMs } = await commands.create(hashSessionId(id), record)
      if (outcome !== 'exists') return id
      return connection.resume((deadline) => createNow(deadline, options, serverNowMs), startedAtMs)
    },

    async createWithHash(hash, options) {
      const { userId, dataJson, ttlMs } = options
      if (userId === undefined) {
        const record = { ttlMs, indexedUntilMs: createAnonymousNonce(), userText: '', dataJson }
        const { outcome } = await commands.create(hash, record)
        return outcome !== 'exists'
      }
      return connection.call(async (deadline) => {
        const { outcome } = await createHash(deadline, hash, options, 0)
        if (outcome === 'exists') await removeNeedlessEntry(deadline, hash, toUserText(userId))
        return outcome !== 'exists'
      })
    },

    async touch(hash, ttlMs) {
      const reply = await commands.touch(hash, ttlMs, 0)
      const userText = userTextInReply(reply)
      if (userText === undefined) return
      const { serverNowMs, startedAtMs } = reply
      await connection.resume((deadline) => indexAndTouch(deadline, hash, ttlMs, userText, serverNowMs), startedAtMs)
    },

    async delete(hash) {
      const reply = await commands.delete(hash)
      const userText = userTextInReply(reply)
      if (userText === undefined) return
      await connection.resume(async (deadline) => {
        connection.cork()
        await Promise.all([index.remove(deadline, userText, [hash]), commands.forget(deadline, hash)])
      }, reply.startedAtMs)
    },

    async deleteOfUser(deadline, userText, hashes) {
      const starts = await commands.getStarts(deadline, hashes, summaryBytes(userText))
      const seen = hashes.filter((_, position) => isOfUser(userText, starts[position] ?? ''))
      if (seen.length === 0) return
      await commands.deleteOfUser(deadline, userText, seen)
      await index.remove(deadline, userText, seen)
    },
  }
}
