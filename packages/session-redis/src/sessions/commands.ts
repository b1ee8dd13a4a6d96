import { notFound, type Deadline } from '@bext/session-core/store-helpers'
import type { WriteReply, Batcher } from '../batching/batcher.js'
import { splitIntoChunks } from '../batching/chunks.js'
import type { Connection, KeyedArgs } from '../connection.js'
import type { Script } from './define-script.js'
import { toSessionError, isError } from '../errors.js'
import { nextMarkId } from './marks.js'
import type { Reads } from '../client/reads.js'
import { corruptRecord, expiryOf, toTimeText } from './record.js'
import {
  createScript,
  deleteOfUserScript,
  deleteScript,
  touchScript,
  updateIfUnchangedScript,
  updateScript,
} from './scripts.js'
import type { ServerClock } from '../client/server-clock.js'
import { renewalMinutes } from '../user-index/index-keys.js'

export interface NewRecord {
  readonly ttlMs: number
  /** For an anonymous session the mark of its create. */
  readonly indexedUntilMs: number
  readonly userText: string
  readonly dataJson: string
}

/**
 * One command each on a session's key, by the hash of the session's id. Times are the server's. A write without a
 * deadline is batched. A write with the deadline of a call in flight is sent immediately and alone.
 */
export interface SessionCommands {
  /** The value; `null` if there is no session, or if it has expired. */
  get(hash: string): Promise<string | null>
  /** The first bytes of the values, also of sessions that have expired; the empty string where there is no key. */
  getStarts(deadline: Deadline, hashes: readonly string[], bytes: number): Promise<readonly string[]>
  /** The first bytes of the values; the empty string where there is no session, or where it has expired. */
  getLiveStarts(deadline: Deadline, hashes: readonly string[], bytes: number): Promise<readonly string[]>
  /** The outcome is done, `exists` or `unindexed`. */
  create(hash: string, record: NewRecord, deadline?: Deadline): Promise<WriteReply>
  /** The outcome is done, or the user's text if the entry has to be written first. Rejects with `NotFound`. */
  touch(hash: string, ttlMs: number, indexedUntilMs: number, deadline?: Deadline): Promise<WriteReply>
  /** The outcome is done. Rejects with `NotFound`. */
  update(hash: string, dataJson: string): Promise<WriteReply>
  /** Resolves to whether the data was as expected. Rejects with `NotFound`. */
  updateIfUnchanged(hash: string, expectedDataJson: string, dataJson: string): Promise<boolean>
  /** The outcome is done, also for no session. */
  delete(hash: string, deadline: Deadline): Promise<WriteReply>
  /** Leaves those of other users. */
  deleteOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
}

interface Parts {
  readonly connection: Connection
  readonly batches: Batcher
  readonly reads: Reads
  readonly clock: ServerClock
  readonly prefix: string
}

export function createSessionCommands({ connection, batches, reads, clock, prefix }: Parts): SessionCommands {
  const keyOf = (hash: string): string => `${prefix}${hash}`

  async function sendNow(
    deadline: Deadline,
    script: Script,
    key: string,
    args: readonly string[],
  ): Promise<WriteReply> {
    const startedAtMs = performance.now()
    const { serverNowMs, outcomes } = await connection.write(deadline, script, [{ key, args }])
    clock.observe(serverNowMs, startedAtMs)
    const [outcome] = outcomes
    if (isError(outcome)) throw toSessionError(outcome)
    return { outcome, serverNowMs, startedAtMs }
  }

  function send(
    script: Script,
    hash: string,
    args: readonly string[],
    deadline: Deadline | undefined,
  ): Promise<WriteReply> {
    const key = keyOf(hash)
    return deadline === undefined ? batches.write(script, key, args) : sendNow(deadline, script, key, args)
  }

  async function change(
    script: Script,
    hash: string,
    args: readonly string[],
    deadline?: Deadline,
  ): Promise<WriteReply> {
    const answer = await send(script, hash, args, deadline)
    clock.observe(answer.serverNowMs, answer.startedAtMs)
    if (answer.outcome === null) throw notFound()
    if (answer.outcome === 'corrupt') throw corruptRecord()
    return answer
  }

  async function sendTogether(
    deadline: Deadline,
    script: Script,
    entries: readonly KeyedArgs[],
  ): Promise<readonly unknown[]> {
    const groups = splitIntoChunks(entries, reads.manyKeys.allowed ? entries.length : 1, () => true)
    try {
      const replies = await Promise.all(groups.map((group) => connection.write(deadline, script, group)))
      return replies.flatMap((reply) => reply.outcomes)
    } catch (error) {
      if (entries.length > 1 && groups.length === 1 && reads.manyKeys.refusedBy(error)) {
        return sendTogether(deadline, script, entries)
      }
      throw error
    }
  }

  return {
    async get(hash) {
      const key = keyOf(hash)
      const startedAtMs = performance.now()
      const reading = batches.read(key)
      const prepared = clock.prepare()
      const value = await reading
      if (value === null) return null
      if (prepared !== undefined) await prepared
      if (clock.isBefore(expiryOf(value))) return value
      // The key may have been moved or restored, and outlive its session (contract R3).
      const [live = ''] = await connection.call(
        (deadline) => connection.read(deadline, () => reads.getLive([key])),
        startedAtMs,
      )
      return live === '' ? null : live
    },

    getStarts: (deadline, hashes, bytes) =>
      connection.read(deadline, () => Promise.all(hashes.map((hash) => reads.getStart(keyOf(hash), bytes)))),

    getLiveStarts: (deadline, hashes, bytes) =>
      connection.read(deadline, () => reads.getLive(hashes.map(keyOf), bytes)),

    create: (hash, { ttlMs, indexedUntilMs, userText, dataJson }, deadline) => {
      const args = [String(ttlMs), toTimeText(indexedUntilMs), userText, nextMarkId(), dataJson]
      return send(createScript, hash, args, deadline)
    },

    touch: (hash, ttlMs, indexedUntilMs, deadline) => {
      const args = [String(ttlMs), toTimeText(indexedUntilMs), String(renewalMinutes(ttlMs))]
      return change(touchScript, hash, args, deadline)
    },

    update: (hash, dataJson) => change(updateScript, hash, [nextMarkId(), dataJson]),

    async updateIfUnchanged(hash, expectedDataJson, dataJson) {
      const args = [nextMarkId(), expectedDataJson, dataJson]
      const { outcome } = await change(updateIfUnchangedScript, hash, args)
      return outcome !== 'changed'
    },

    delete: (hash, deadline) => send(deleteScript, hash, [], deadline),

    async deleteOfUser(deadline, userText, hashes) {
      const entries = hashes.map((hash) => ({ key: keyOf(hash), args: [userText] }))
      const outcomes = await sendTogether(deadline, deleteOfUserScript, entries)
      const failed = outcomes.find(isError)
      if (failed) throw toSessionError(failed)
    },
  }
}
