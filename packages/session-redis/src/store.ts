import { channel } from 'node:diagnostics_channel'
import type { CloseCapability, CompareCapability, SessionPlugin, UserIndexCapability } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  isServerBackedId,
  notFound,
  observeOperations,
  hashSessionId,
} from '@bext/session-core/store-helpers'
import { createBatcher } from './batching/batcher.js'
import { isCluster } from './client/client.js'
import { createConnection, parseTime } from './connection.js'
import { createIndexedWrites } from './user-index/indexed-writes.js'
import { openClient } from './client/connect.js'
import { checkOptions, type RedisSessionsOptions } from './options.js'
import { createReads } from './client/reads.js'
import { parseRecord } from './sessions/record.js'
import { createSessionCommands } from './sessions/commands.js'
import { createServerClock } from './client/server-clock.js'
import { clockMarginMs, createUserIndex } from './user-index/index-keys.js'
import { createUserSessions } from './user-index/user-sessions.js'

/** Name of the channel of `node:diagnostics_channel` on which a store publishes an `OperationEvent` for each call. */
export const redisOperationChannel = 'bext:session-redis:operation'

const maxDriftMs = 1000

export type RedisSessions = SessionPlugin & UserIndexCapability & CloseCapability & CompareCapability

/**
 * Sessions in Redis (6.2 and later), which removes them itself when they expire. Give it your ioredis client, or a URL
 * to let it connect. Throws a `TypeError` for a wrong option.
 */
export function redisSessions(options: RedisSessionsOptions): RedisSessions {
  const { source, prefix, timeoutMs, maxDataBytes } = checkOptions(options)
  const { client, lastError, close } = openClient(source, timeoutMs)
  const connection = createConnection(client, { timeoutMs, lastError })
  const reads = createReads(client)
  const batches = createBatcher(connection, reads)
  // The last moments of a session are compared with the clock of its own server.
  const clock = createServerClock(
    () => connection.call((deadline) => connection.read(deadline, async () => parseTime(await client.time()))),
    isCluster(client) ? clockMarginMs : maxDriftMs,
  )
  const commands = createSessionCommands({ connection, batches, reads, clock, prefix })
  const index = createUserIndex(connection, reads, prefix)
  const sessions = createIndexedWrites(connection, commands, index)

  const store: RedisSessions = {
    name: 'redis',

    async create(createOptions) {
      return sessions.create(checkCreateOptions(createOptions, { maxDataBytes }))
    },

    async read(id) {
      const value = await commands.get(hashSessionId(checkSessionId(id)))
      if (value === null) throw notFound()
      return parseRecord(id, value)
    },

    async update(id, dataJson) {
      const hash = hashSessionId(checkSessionId(id))
      await commands.update(hash, checkDataJson(dataJson, maxDataBytes))
      return id
    },

    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const hash = hashSessionId(checkSessionId(id))
      const checked = checkDataJson(dataJson, maxDataBytes)
      // UTF-8 would make another character of a lone surrogate. What was read holds none and is not empty.
      const comparable = typeof expectedDataJson === 'string' && expectedDataJson.isWellFormed()
      const expected = comparable ? expectedDataJson : ''
      const updated = await commands.updateIfUnchanged(hash, expected, checked)
      return updated ? { outcome: 'updated', id } : { outcome: 'changed' }
    },

    async touch(id, ttlMs) {
      await sessions.touch(hashSessionId(checkSessionId(id)), checkTtlMs(ttlMs))
      return id
    },

    async delete(id) {
      if (isServerBackedId(id)) await sessions.end(hashSessionId(id))
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

    close: () => connection.close(close),
  }

  return observeOperations(channel(redisOperationChannel), store)
}
