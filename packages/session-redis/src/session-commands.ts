import { SessionError } from '@bext/session-core'
import type { Deadline, Observation } from '@bext/session-core/store'
import type { Answer, Batches } from './batches.js'
import { inChunks } from './chunks.js'
import type { Connection, KeyedArgs } from './connection.js'
import { fromDriver } from './driver-error.js'
import type { Reads } from './reads.js'
import { corruptRecord, toTimeText } from './record.js'
import {
  createScript,
  deleteOfUserScript,
  deleteScript,
  touchScript,
  updateIfUnchangedScript,
  updateScript,
  type Script,
} from './scripts.js'

export interface NewRecord {
  readonly ttlMs: number
  /** Any number for an anonymous session. */
  readonly indexedUntilMs: number
  readonly userText: string
  readonly dataJson: string
}

/** How a command goes: with the next batch, or, given the deadline of a call that is under way, at once and alone. */
export type Way = { readonly observation: Observation } | { readonly deadline: Deadline }

/** One command each on a session's key, by the hash of the session's id. Times are the server's. */
export interface SessionCommands {
  get(hash: string, observation: Observation): Promise<string | null>
  /** The first bytes of the values; the empty string where there is no session. */
  getStarts(deadline: Deadline, hashes: readonly string[], bytes: number): Promise<readonly string[]>
  /** The outcome is done, `exists` or `unindexed`. */
  create(way: Way, hash: string, record: NewRecord): Promise<Answer>
  /** The outcome is done, or the user's text if the session would outlive its entry. Rejects with `NotFound`. */
  touch(way: Way, hash: string, ttlMs: number, indexedUntilMs: number): Promise<Answer>
  /** The outcome is done. Rejects with `NotFound`. */
  update(way: Way, hash: string, dataJson: string): Promise<Answer>
  /** Resolves to whether the data was as expected. Rejects with `NotFound`. */
  updateIfUnchanged(way: Way, hash: string, expectedDataJson: string, dataJson: string): Promise<boolean>
  /** The outcome is done, also for no session, or the user's text. */
  delete(way: Way, hash: string): Promise<Answer>
  /** Resolves to those that it removed: not those of other users, and not those that are missing. */
  deleteOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<readonly string[]>
}

export function noSuchSession(): SessionError {
  return new SessionError('unknown', 'There is no such session.')
}

interface Parts {
  readonly connection: Connection
  readonly batches: Batches
  readonly reads: Reads
  readonly prefix: string
}

export function createSessionCommands({ connection, batches, reads, prefix }: Parts): SessionCommands {
  const keyOf = (hash: string): string => `${prefix}${hash}`

  async function sendAlone(deadline: Deadline, script: Script, key: string, args: readonly string[]): Promise<Answer> {
    const startedAtMs = performance.now()
    const { serverNowMs, outcomes } = await connection.write(deadline, script, [{ key, args }])
    const [outcome] = outcomes
    if (outcome instanceof Error) throw fromDriver(outcome)
    return { outcome, serverNowMs, startedAtMs }
  }

  function send(way: Way, script: Script, hash: string, args: readonly string[]): Promise<Answer> {
    const key = keyOf(hash)
    if ('deadline' in way) return sendAlone(way.deadline, script, key, args)
    return batches.write(script, key, args, way.observation)
  }

  async function change(way: Way, script: Script, hash: string, args: readonly string[]): Promise<Answer> {
    const answer = await send(way, script, hash, args)
    if (answer.outcome === null) throw noSuchSession()
    if (answer.outcome === 'corrupt') throw corruptRecord()
    return answer
  }

  async function sendTogether(
    deadline: Deadline,
    script: Script,
    entries: readonly KeyedArgs[],
  ): Promise<readonly unknown[]> {
    const groups = inChunks(entries, reads.manyKeys.allowed ? entries.length : 1, () => true)
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
    get: (hash, observation) => batches.read(keyOf(hash), observation),

    getStarts: (deadline, hashes, bytes) =>
      connection.read(deadline, () => Promise.all(hashes.map((hash) => reads.getStart(keyOf(hash), bytes)))),

    create: (way, hash, { ttlMs, indexedUntilMs, userText, dataJson }) =>
      send(way, createScript, hash, [String(ttlMs), toTimeText(indexedUntilMs), userText, dataJson]),

    touch: (way, hash, ttlMs, indexedUntilMs) =>
      change(way, touchScript, hash, [String(ttlMs), toTimeText(indexedUntilMs)]),

    update: (way, hash, dataJson) => change(way, updateScript, hash, [dataJson]),

    async updateIfUnchanged(way, hash, expectedDataJson, dataJson) {
      const { outcome } = await change(way, updateIfUnchangedScript, hash, [expectedDataJson, dataJson])
      return outcome !== 'changed'
    },

    delete: (way, hash) => send(way, deleteScript, hash, []),

    async deleteOfUser(deadline, userText, hashes) {
      const entries = hashes.map((hash) => ({ key: keyOf(hash), args: [userText] }))
      const outcomes = await sendTogether(deadline, deleteOfUserScript, entries)
      const failed = outcomes.find((outcome) => outcome instanceof Error)
      if (failed) throw fromDriver(failed)
      return hashes.filter((_, position) => outcomes[position] !== null && outcomes[position] !== 'foreign')
    },
  }
}
