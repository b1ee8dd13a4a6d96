import { SessionError } from '@bext/session-core'
import type { Deadline } from '@bext/session-core/store'
import type { Connection, ScriptResult } from './connection.js'
import { corruptRecord } from './record.js'
import {
  createScript,
  deleteScript,
  touchScript,
  updateIfUnchangedScript,
  updateScript,
  type Script,
} from './scripts.js'

export interface NewRecord {
  readonly ttlMs: number
  /** 0 for an anonymous session. */
  readonly indexedUntilMs: number
  readonly userText: string
  readonly dataJson: string
}

type Outcome<Name extends string> = ScriptResult & { readonly outcome: Name }

/** One command each on a session's key, by the hash of the session's id. Times are the server's. */
export interface SessionCommands {
  get(deadline: Deadline, hash: string): Promise<string | null>
  /** The first bytes of the value; the empty string if there is no session. */
  getStart(deadline: Deadline, hash: string, bytes: number): Promise<string>
  create(deadline: Deadline, hash: string, record: NewRecord): Promise<Outcome<'done' | 'exists' | 'unindexed'>>
  /** `unindexed` comes with the userText as its value. Rejects with `NotFound`. */
  touch(deadline: Deadline, hash: string, ttlMs: number, indexedUntilMs: number): Promise<Outcome<'done' | 'unindexed'>>
  /** Rejects with `NotFound`. */
  update(deadline: Deadline, hash: string, dataJson: string): Promise<void>
  /** Resolves to whether the data was as expected. Rejects with `NotFound`. */
  updateIfUnchanged(deadline: Deadline, hash: string, expectedDataJson: string, dataJson: string): Promise<boolean>
  /** Resolves to the userText of the session that it removed, or `undefined` if there was none, or not that user's. */
  delete(deadline: Deadline, hash: string, onlyOfUserText?: string): Promise<string | undefined>
}

export function noSuchSession(): SessionError {
  return new SessionError('unknown', 'There is no such session.')
}

export function createSessionCommands(connection: Connection, prefix: string): SessionCommands {
  const keyOf = (hash: string): string => `${prefix}${hash}`

  async function write<Name extends string>(
    deadline: Deadline,
    script: Script,
    hash: string,
    args: readonly (string | number)[],
  ): Promise<Outcome<Name>> {
    const result = await connection.write(deadline, script, keyOf(hash), args)
    if (result.outcome === 'missing') throw noSuchSession()
    if (result.outcome === 'corrupt') throw corruptRecord()
    return result as Outcome<Name>
  }

  return {
    get: (deadline, hash) => connection.read(deadline, (client) => client.get(keyOf(hash))),

    getStart: (deadline, hash, bytes) =>
      connection.read(deadline, (client) => client.getrange(keyOf(hash), 0, bytes - 1)),

    create: (deadline, hash, { ttlMs, indexedUntilMs, userText, dataJson }) =>
      write(deadline, createScript, hash, [ttlMs, indexedUntilMs, userText, dataJson]),

    touch: (deadline, hash, ttlMs, indexedUntilMs) => write(deadline, touchScript, hash, [ttlMs, indexedUntilMs]),

    async update(deadline, hash, dataJson) {
      await write(deadline, updateScript, hash, [dataJson])
    },

    async updateIfUnchanged(deadline, hash, expectedDataJson, dataJson) {
      const result = await write(deadline, updateIfUnchangedScript, hash, [expectedDataJson, dataJson])
      return result.outcome === 'done'
    },

    async delete(deadline, hash, onlyOfUserText = '') {
      const result = await connection.write(deadline, deleteScript, keyOf(hash), [onlyOfUserText])
      return result.outcome === 'done' ? result.value : undefined
    },
  }
}
