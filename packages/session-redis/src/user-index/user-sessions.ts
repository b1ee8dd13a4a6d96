import type { EndUserSessionsOptions, SessionSummary, UserIndexCapability } from '@bext/session-core'
import { checkEndOptions, checkUserId, isHash, isServerBackedId, hashSessionId } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import { forEachBatch } from './batches.js'
import type { IndexedWrites } from './indexed-writes.js'
import { parseSummary, summaryBytes, toUserText } from '../sessions/record.js'
import type { SessionCommands } from '../sessions/commands.js'
import type { UserIndex } from './index-keys.js'

interface Parts {
  readonly connection: Connection
  readonly commands: SessionCommands
  readonly index: UserIndex
  readonly writes: IndexedWrites
}

/** Creates the methods that list and end the sessions of a user (contract O1). */
export function createUserSessions({ connection, commands, index, writes }: Parts): UserIndexCapability {
  return {
    async listUserSessions(userId: string) {
      const userText = toUserText(checkUserId(userId))
      const bytes = summaryBytes(userText)
      const found: SessionSummary[] = []
      await forEachBatch({ connection, index }, userText, async (deadline, hashes) => {
        const starts = await commands.getLive(deadline, hashes, bytes)
        const summaries = hashes.map((hash, position) => parseSummary(hash, userText, starts[position] ?? ''))
        found.push(...summaries.filter((summary) => summary !== undefined))
      })
      return found.toSorted((a, b) => a.createdAtMs - b.createdAtMs)
    },

    async endUserSession(userId: string, handle: string) {
      const userText = toUserText(checkUserId(userId))
      if (isHash(handle)) await connection.call((deadline) => writes.deleteOfUser(deadline, userText, [handle]))
    },

    async endUserSessions(userId: string, options?: EndUserSessionsOptions) {
      const userText = toUserText(checkUserId(userId))
      const except = checkEndOptions(options)
      const kept = isServerBackedId(except) ? hashSessionId(except) : undefined
      await forEachBatch({ connection, index }, userText, (deadline, hashes) => {
        const ended = hashes.filter((hash) => hash !== kept)
        return writes.deleteOfUser(deadline, userText, ended)
      })
    },
  }
}
