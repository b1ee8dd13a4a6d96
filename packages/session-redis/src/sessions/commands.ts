import type { UpdateUserRecordResult } from '@bext/session-core'
import { notFound, type Deadline } from '@bext/session-core/store-helpers'
import type { Batcher, WriteReply } from '../batching/batcher.js'
import { maxKeys, splitIntoChunks } from '../batching/chunks.js'
import type { Connection, KeyedArgs } from '../connection.js'
import { toSessionError, isError } from '../errors.js'
import { createNonce } from './write-nonce.js'
import type { Reads } from '../client/reads.js'
import type { Script } from '../client/run-script.js'
import { corruptRecord, endedText, expiryOf, toTimeText, type OwnedSession } from './record.js'
import {
  createScript,
  deleteOfOwnerScript,
  deleteScript,
  forgetScript,
  touchIndexedScript,
  touchScript,
  updateIfUnchangedScript,
  updateScript,
  updateUserRecordScript,
} from './scripts.js'
import type { ServerClock } from '../client/server-clock.js'
import { renewalMinutes } from '../user-index/index-keys.js'

/** Fields of a session to create. */
export interface NewRecord {
  readonly ttlMs: number
  /** Nonce of the create for an anonymous session, see write-nonce.ts. */
  readonly indexedUntilMs: number
  readonly ownerText: string
  readonly dataJson: string
}

/**
 * Commands on the key of a session, which is given by the hash of its id. Times are those of the server. Without a
 * deadline a write is batched. With the deadline of a call in flight, it is sent immediately and alone.
 */
export interface SessionCommands {
  /** Resolves to the value; `null` if the session is missing or expired. */
  get(hash: string): Promise<string | null>
  /** Resolves to the first bytes of the values, including those of expired sessions. A missing key gives ''. */
  getStarts(deadline: Deadline, hashes: readonly string[], bytes: number): Promise<readonly string[]>
  /** Resolves to the first bytes of the values, by default to the whole values. A missing or expired session gives ''. */
  getLive(deadline: Deadline, hashes: readonly string[], bytes?: number): Promise<readonly string[]>
  /**
   * The outcome is `1`, the owner, `exists` or `unindexed`, see `createScript`. Before the create is sent again without a
   * reply to the last time, `renew` is called for the record to send.
   */
  create(hash: string, record: NewRecord, deadline?: Deadline, renew?: () => Promise<NewRecord>): Promise<WriteReply>
  /** The outcome is `1`, or the owner if the index entry has to be written first. Rejects with `NotFound`. */
  touch(hash: string, ttlMs: number): Promise<WriteReply>
  /** Touches after the index entry of the owner was written. The outcome is `1` or an owner, see `touchIndexedScript`. */
  touchIndexed(
    deadline: Deadline,
    hash: string,
    ttlMs: number,
    indexedUntilMs: number,
    ownerText: string,
  ): Promise<WriteReply>
  /** Rejects with `NotFound` if the session is missing or expired. */
  update(hash: string, dataJson: string): Promise<WriteReply>
  /** Resolves to false if the data is not the expected data. Rejects with `NotFound`. */
  updateIfUnchanged(hash: string, expectedDataJson: string, dataJson: string): Promise<boolean>
  /** Updates the session of a user, given by the text of `toUserText`, if its data is the expected data. */
  updateUserRecord(
    hash: string,
    userText: string,
    expectedDataJson: string,
    dataJson: string,
  ): Promise<UpdateUserRecordResult>
  /**
   * Deletes the session, if there is one. If the outcome is an owner, remove the session from that user's index, and then
   * call `forget`.
   */
  delete(hash: string): Promise<WriteReply>
  /** Removes what `delete` has kept. */
  forget(deadline: Deadline, hash: string): Promise<WriteReply>
  /** Deletes sessions, and skips those that have another owner. */
  deleteOwned(deadline: Deadline, sessions: readonly OwnedSession[]): Promise<void>
}

interface Parts {
  readonly connection: Connection
  readonly batcher: Batcher
  readonly reads: Reads
  readonly clock: ServerClock
  readonly prefix: string
}

/** Creates the commands of a store. */
export function createSessionCommands({ connection, batcher, reads, clock, prefix }: Parts): SessionCommands {
  const keyOf = (hash: string): string => `${prefix}${hash}`

  async function sendNow(
    deadline: Deadline,
    script: Script,
    entry: KeyedArgs,
    renew?: () => Promise<readonly KeyedArgs[]>,
  ): Promise<WriteReply> {
    const startedAtMs = performance.now()
    const { serverNowMs, outcomes } = await connection.write(deadline, script, [entry], renew)
    clock.observe(serverNowMs, startedAtMs)
    const [outcome] = outcomes
    if (isError(outcome)) throw toSessionError(outcome)
    return { outcome, serverNowMs, startedAtMs }
  }

  function send(script: Script, hash: string, args: readonly string[], deadline?: Deadline): Promise<WriteReply> {
    const key = keyOf(hash)
    return deadline === undefined ? batcher.write(script, key, args) : sendNow(deadline, script, { key, args })
  }

  function checked(reply: WriteReply): WriteReply {
    clock.observe(reply.serverNowMs, reply.startedAtMs)
    if (reply.outcome === null) throw notFound()
    if (reply.outcome === 'corrupt') throw corruptRecord()
    return reply
  }

  function change(script: Script, hash: string, args: readonly string[], deadline?: Deadline): Promise<WriteReply> {
    return send(script, hash, args, deadline).then(checked)
  }

  /** Sends one command for many entries, or for each entry if the server rejects a command with several keys. */
  async function sendInChunks<E, T>(
    entries: readonly E[],
    sendChunk: (chunk: readonly E[]) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const { manyKeys } = reads
    const chunks = splitIntoChunks(entries, manyKeys.allowed ? maxKeys : 1, () => true)
    if (chunks.length > 1) connection.cork()
    try {
      return (await Promise.all(chunks.map(sendChunk))).flat()
    } catch (error) {
      if (chunks.length < entries.length && manyKeys.refusedBy(error)) return sendInChunks(entries, sendChunk)
      throw error
    }
  }

  return {
    async get(hash) {
      const key = keyOf(hash)
      const startedAtMs = performance.now()
      const reading = batcher.read(key)
      const prepared = clock.prepare()
      const value = await reading
      if (value === null || value.startsWith(endedText)) return null
      if (prepared !== undefined) await prepared
      if (clock.isBefore(expiryOf(value))) return value
      // The key may have been moved or restored, so it may outlive its session (contract R3).
      const [live = ''] = await connection.resume(
        (deadline) => connection.read(deadline, () => reads.getLive([key])),
        startedAtMs,
      )
      return live === '' ? null : live
    },

    getStarts: (deadline, hashes, bytes) =>
      connection.read(deadline, () => Promise.all(hashes.map((hash) => reads.getStart(keyOf(hash), bytes)))),

    getLive: (deadline, hashes, bytes) =>
      sendInChunks(hashes.map(keyOf), (keys) => connection.read(deadline, () => reads.getLive(keys, bytes))),

    create: (hash, record, deadline, renew) => {
      const key = keyOf(hash)
      const nonce = createNonce()
      const argsOf = ({ ttlMs, indexedUntilMs, ownerText, dataJson }: NewRecord): string[] => [
        String(ttlMs),
        toTimeText(indexedUntilMs),
        ownerText,
        nonce,
        dataJson,
      ]
      if (deadline === undefined) return batcher.write(createScript, key, argsOf(record))
      const again = renew && (async () => [{ key, args: argsOf(await renew()) }])
      return sendNow(deadline, createScript, { key, args: argsOf(record) }, again)
    },

    touch: (hash, ttlMs) => change(touchScript, hash, [String(ttlMs), String(renewalMinutes(ttlMs))]),

    touchIndexed: (deadline, hash, ttlMs, indexedUntilMs, ownerText) =>
      change(touchIndexedScript, hash, [String(ttlMs), toTimeText(indexedUntilMs), ownerText], deadline),

    update: (hash, dataJson) => change(updateScript, hash, [createNonce(), dataJson]),

    async updateIfUnchanged(hash, expectedDataJson, dataJson) {
      const args = [createNonce(), expectedDataJson, dataJson]
      const { outcome } = await change(updateIfUnchangedScript, hash, args)
      return outcome !== 'changed'
    },

    async updateUserRecord(hash, userText, expectedDataJson, dataJson) {
      const args = [createNonce(), userText, expectedDataJson, dataJson]
      const { outcome } = await change(updateUserRecordScript, hash, args)
      return { outcome: outcome === 'gone' || outcome === 'changed' ? outcome : 'updated' }
    },

    delete: (hash) => send(deleteScript, hash, []),

    forget: (deadline, hash) => send(forgetScript, hash, [], deadline),

    async deleteOwned(deadline, sessions) {
      const entries = sessions.map(({ hash, ownerText }) => ({ key: keyOf(hash), args: [ownerText] }))
      const outcomes = await sendInChunks(entries, async (chunk) => {
        const { outcomes: some } = await connection.write(deadline, deleteOfOwnerScript, chunk)
        return some
      })
      const failed = outcomes.find(isError)
      if (failed) throw toSessionError(failed)
    },
  }
}
