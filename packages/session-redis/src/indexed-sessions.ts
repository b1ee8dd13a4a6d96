import { isSessionError, type CreateOptions, type SessionId } from '@bext/session-core'
import { hashSessionId, mintSessionId, type Deadline } from '@bext/session-core/store'
import { toUserText } from './record.js'
import type { SessionCommands } from './session-commands.js'
import type { UserIndex } from './user-index.js'

/** What begins, prolongs and ends sessions in step with their users' indexes: see there for the order. */
export interface IndexedSessions {
  create(deadline: Deadline, options: Required<CreateOptions>): Promise<SessionId>
  touch(deadline: Deadline, hash: string, ttlMs: number): Promise<void>
  end(deadline: Deadline, hash: string): Promise<void>
  /** Ends those of the sessions that are the user's. */
  endOfUser(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
}

export function createIndexedSessions(sessions: SessionCommands, index: UserIndex): IndexedSessions {
  return {
    async create(deadline, { userId, dataJson, ttlMs }) {
      const userText = toUserText(userId)
      for (let fromMs = 0; ;) {
        const id = mintSessionId()
        const hash = hashSessionId(id)
        const indexedUntilMs = userText === '' ? 0 : await index.add(deadline, userText, hash, ttlMs, fromMs)
        const record = { ttlMs, indexedUntilMs, userText, dataJson }
        const { outcome, serverNowMs } = await sessions.create(deadline, hash, record)
        if (outcome === 'done') return id
        fromMs = serverNowMs
      }
    },

    async touch(deadline, hash, ttlMs) {
      let result = await sessions.touch(deadline, hash, ttlMs, 0)
      while (result.outcome === 'unindexed') {
        const { value: userText, serverNowMs } = result
        const indexedUntilMs = await index.add(deadline, userText, hash, ttlMs, serverNowMs)
        try {
          result = await sessions.touch(deadline, hash, ttlMs, indexedUntilMs)
        } catch (error) {
          if (isSessionError(error) && error.code === 'NotFound') await index.remove(deadline, userText, [hash])
          throw error
        }
      }
    },

    async end(deadline, hash) {
      const userText = await sessions.delete(deadline, hash)
      if (userText) await index.remove(deadline, userText, [hash])
    },

    async endOfUser(deadline, userText, hashes) {
      const ended = await Promise.all(hashes.map((hash) => sessions.delete(deadline, hash, userText)))
      const gone = hashes.filter((_, position) => ended[position] !== undefined)
      await index.remove(deadline, userText, gone)
    },
  }
}
