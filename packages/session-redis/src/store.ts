import type { CloseCapability, CompareCapability, SessionPlugin, UserIndexCapability } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  hashSessionId,
  isServerBackedId,
} from '@bext/session-core/store'
import { createConnection } from './connection.js'
import { createIndexedSessions } from './indexed-sessions.js'
import { openClient } from './open-client.js'
import { checkOptions, type RedisSessionsOptions } from './options.js'
import { parseRecord } from './record.js'
import { createSessionCommands, noSuchSession } from './session-commands.js'
import { createUserIndex } from './user-index.js'
import { createUserSessions } from './user-sessions.js'

export type RedisSessions = SessionPlugin & UserIndexCapability & CloseCapability & CompareCapability

/**
 * Sessions in Redis (6.2 and later), which removes them itself when they expire. Give it your ioredis client, or a URL
 * to let it connect. Throws a `TypeError` for a wrong option.
 */
export function redisSessions(options: RedisSessionsOptions): RedisSessions {
  const { source, prefix, timeoutMs, maxDataBytes } = checkOptions(options)
  const { client, lastError, close } = openClient(source, timeoutMs)
  const connection = createConnection(client, { timeoutMs, lastError })
  const commands = createSessionCommands(connection, prefix)
  const index = createUserIndex(connection, prefix)
  const sessions = createIndexedSessions(commands, index)
  let closing: Promise<void> | undefined

  return {
    name: 'redis',

    async create(createOptions) {
      const checked = checkCreateOptions(createOptions, { maxDataBytes })
      return connection.call((deadline) => sessions.create(deadline, checked))
    },

    async read(id) {
      const hash = hashSessionId(checkSessionId(id))
      return connection.call(async (deadline) => {
        const value = await commands.get(deadline, hash)
        if (value === null) throw noSuchSession()
        return parseRecord(id, value)
      })
    },

    async update(id, dataJson) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkDataJson(dataJson, maxDataBytes)
      await connection.call((deadline) => commands.update(deadline, hash, checked))
      return id
    },

    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkDataJson(dataJson, maxDataBytes)
      // UTF-8 would make another character of a lone surrogate. What was read holds none and is not empty.
      const comparable = typeof expectedDataJson === 'string' && expectedDataJson.isWellFormed()
      const expected = comparable ? expectedDataJson : ''
      const updated = await connection.call((deadline) => commands.updateIfUnchanged(deadline, hash, expected, checked))
      return updated ? { outcome: 'updated', id } : { outcome: 'changed' }
    },

    async touch(id, ttlMs) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkTtlMs(ttlMs)
      await connection.call((deadline) => sessions.touch(deadline, hash, checked))
      return id
    },

    async delete(id) {
      if (!isServerBackedId(id)) return
      const hash = hashSessionId(id)
      await connection.call((deadline) => sessions.end(deadline, hash))
    },

    async isHealthy() {
      try {
        // In a Cluster one of the masters answers for all.
        await connection.call((deadline) => connection.read(deadline, () => client.ping()))
        return true
      } catch {
        return false
      }
    },

    ...createUserSessions({ connection, commands, index, sessions }),

    close() {
      closing ??= connection.close().then(close)
      return closing
    },
  }
}
