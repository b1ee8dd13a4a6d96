import { isSessionError, type CreateOptions, type SessionId } from '@bext/session-core'
import { mintSessionId, type Deadline, hashSessionId } from '@bext/session-core/store-helpers'
import type { WriteReply } from '../batching/batcher.js'
import type { Connection } from '../connection.js'
import { isServerReply } from '../errors.js'
import { createAnonymousNonce, createMark } from '../sessions/write-nonce.js'
import { ownerTextIfOfUser, summaryBytes, toUserText, type OwnedSession } from '../sessions/record.js'
import type { NewRecord, SessionCommands } from '../sessions/commands.js'
import type { UserIndex } from './index-keys.js'

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

// The text of an owner begins with a quote, and no other outcome does.
function ownerTextInReply({ outcome }: WriteReply): string | undefined {
  return typeof outcome === 'string' && outcome.startsWith('"') ? outcome : undefined
}

function anonymousRecord({ ttlMs, dataJson }: Required<CreateOptions>): NewRecord {
  return { ttlMs, indexedUntilMs: createAnonymousNonce(), ownerText: '', dataJson }
}

/** Creates the writes of a store. */
export function createIndexedWrites(
  connection: Connection,
  commands: SessionCommands,
  index: UserIndex,
): IndexedWrites {
  // Removes all entries but that of the session, also if the server rejects the session (contract L2). An entry that
  // cannot be removed ends with its score.
  async function createIndexed(
    deadline: Deadline,
    { hash, ownerText: firstOwnerText }: OwnedSession,
    { userId, dataJson, ttlMs }: Required<CreateOptions>,
    firstFromMs: number,
  ): Promise<WriteReply> {
    const added: OwnedSession[] = []
    let ownerText = firstOwnerText

    async function addEntry(fromMs: number): Promise<NewRecord> {
      const session = { hash, ownerText }
      const indexedUntilMs = await index.add(deadline, { ...session, ttlMs, fromMs, isNew: true })
      added.push(session)
      return { ttlMs, indexedUntilMs, ownerText, dataJson }
    }

    // Another call may have ended the session of an earlier delivery, and still be about to remove its entry.
    function renew(): Promise<NewRecord> {
      ownerText = toUserText(userId) + createMark()
      return addEntry(0)
    }

    async function removeAllBut(kept: string | undefined): Promise<void> {
      const needless = added.filter((each) => each.ownerText !== kept)
      await index.remove(deadline, needless).catch(() => {})
    }

    async function send(fromMs: number): Promise<WriteReply> {
      const reply = await commands.create(hash, await addEntry(fromMs), deadline, renew)
      return reply.outcome === 'unindexed' ? send(reply.serverNowMs) : reply
    }

    try {
      const reply = await send(firstFromMs)
      await removeAllBut(reply.outcome === 'exists' ? undefined : (ownerTextInReply(reply) ?? ownerText))
      return reply
    } catch (error) {
      // A write that the server itself rejected had no effect. After any other error the session may exist.
      if (isSessionError(error) && isServerReply(error.cause)) await removeAllBut(undefined)
      throw error
    }
  }

  async function createNow(deadline: Deadline, options: Required<CreateOptions>, fromMs: number): Promise<SessionId> {
    const id = mintSessionId()
    const hash = hashSessionId(id)
    const ownerText = toUserText(options.userId)
    const { outcome, serverNowMs } = await (ownerText === ''
      ? commands.create(hash, anonymousRecord(options), deadline)
      : createIndexed(deadline, { hash, ownerText }, options, fromMs))
    return outcome === 'exists' ? createNow(deadline, options, serverNowMs) : id
  }

  async function touchIndexed(deadline: Deadline, session: OwnedSession, ttlMs: number, fromMs: number): Promise<void> {
    const { hash, ownerText } = session
    const indexedUntilMs = await index.add(deadline, { ...session, ttlMs, fromMs, isNew: false })
    let reply: WriteReply
    try {
      reply = await commands.touchIndexed(deadline, hash, ttlMs, indexedUntilMs, ownerText)
    } catch (error) {
      if (isSessionError(error) && error.code === 'NotFound') await index.remove(deadline, [session])
      throw error
    }
    const present = reply.outcome === '' ? '' : ownerTextInReply(reply)
    if (present === undefined) return
    if (present !== ownerText) await index.remove(deadline, [session])
    if (present !== '') await touchIndexed(deadline, { hash, ownerText: present }, ttlMs, reply.serverNowMs)
  }

  return {
    async create(options) {
      if (options.userId !== undefined) return connection.call((deadline) => createNow(deadline, options, 0))
      const id = mintSessionId()
      const { outcome, serverNowMs, startedAtMs } = await commands.create(hashSessionId(id), anonymousRecord(options))
      if (outcome !== 'exists') return id
      return connection.resume((deadline) => createNow(deadline, options, serverNowMs), startedAtMs)
    },

    async createWithHash(hash, options) {
      const { userId } = options
      if (userId === undefined) {
        const { outcome } = await commands.create(hash, anonymousRecord(options))
        return outcome !== 'exists'
      }
      const session = { hash, ownerText: toUserText(userId) + createMark() }
      const { outcome } = await connection.call((deadline) => createIndexed(deadline, session, options, 0))
      return outcome !== 'exists'
    },

    async touch(hash, ttlMs) {
      const reply = await commands.touch(hash, ttlMs)
      const ownerText = ownerTextInReply(reply)
      if (ownerText === undefined) return
      const { serverNowMs, startedAtMs } = reply
      await connection.resume(
        (deadline) => touchIndexed(deadline, { hash, ownerText }, ttlMs, serverNowMs),
        startedAtMs,
      )
    },

    async delete(hash) {
      const reply = await commands.delete(hash)
      const ownerText = ownerTextInReply(reply)
      if (ownerText === undefined) return
      await connection.resume(async (deadline) => {
        connection.cork()
        await Promise.all([index.remove(deadline, [{ hash, ownerText }]), commands.forget(deadline, hash)])
      }, reply.startedAtMs)
    },

    async deleteOfUser(deadline, userText, hashes) {
      const starts = await commands.getStarts(deadline, hashes, summaryBytes(userText))
      const sessions = hashes.flatMap((hash, position) => {
        const ownerText = ownerTextIfOfUser(userText, starts[position] ?? '')
        return ownerText === undefined ? [] : [{ hash, ownerText }]
      })
      if (sessions.length === 0) return
      await commands.deleteOwned(deadline, sessions)
      await index.remove(deadline, sessions)
    },
  }
}
