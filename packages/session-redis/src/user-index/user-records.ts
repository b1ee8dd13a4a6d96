import type { UserRecord, UserRecordsCapability } from '@bext/session-core'
import { checkDataJson, checkUserId, isHash } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import type { SessionCommands } from '../sessions/commands.js'
import { parseUserRecord, toComparable, toUserText } from '../sessions/record.js'
import { forEachBatch } from './batches.js'
import type { UserIndex } from './index-keys.js'

interface Parts {
  readonly connection: Connection
  readonly commands: SessionCommands
  readonly index: UserIndex
  readonly maxDataBytes: number
}

/** Creates the methods that list a user's sessions with their data, and update them (contract O5). */
export function createUserRecords({ connection, commands, index, maxDataBytes }: Parts): UserRecordsCapability {
  return {
    async listUserRecords(userId) {
      const userText = toUserText(checkUserId(userId))
      const found: UserRecord[] = []
      await forEachBatch({ connection, index }, userText, async (deadline, hashes) => {
        const values = await commands.getLive(deadline, hashes)
        const records = hashes.map((hash, position) => parseUserRecord(hash, userText, values[position] ?? ''))
        found.push(...records.filter((record) => record !== undefined))
      })
      return found.toSorted((a, b) => a.createdAtMs - b.createdAtMs)
    },

    async updateUserRecord(userId, handle, expectedDataJson, dataJson) {
      const userText = toUserText(checkUserId(userId))
      const checked = checkDataJson(dataJson, maxDataBytes)
      if (!isHash(handle)) return { outcome: 'gone' }
      return commands.updateUserRecord(handle, userText, toComparable(expectedDataJson), checked)
    },
  }
}
