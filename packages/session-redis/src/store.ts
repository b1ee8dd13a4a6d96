import { channel } from 'node:diagnostics_channel'
import type {
  CloseCapability,
  CompareCapability,
  GivenIdCapability,
  SessionPlugin,
  UserIndexCapability,
  UserRecordsCapability,
} from '@bext/session-core'
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
import { createConnection } from './connection.js'
import { createIndexedWrites } from './user-index/indexed-writes.js'
import { connect } from './client/connect.js'
import { checkOptions, type RedisSessionsOptions } from './options.js'
import { createReads } from './client/reads.js'
import { parseRecord, toComparable } from './sessions/record.js'
import { createSessionCommands } from './sessions/commands.js'
import { createServerClock } from './client/server-clock.js'
import { clockMarginMs, createUserIndex } from './user-index/index-keys.js'
import { createUserRecords } from './user-index/user-records.js'
import { createUserSessions } from './user-index/user-sessions.js'

/** Name of the channel of `node:diagnostics_channel` on which a store publishes an `OperationEvent` for each call. */
export const redisOperationChannel = 'bext:session-redis:operation'

// Drift of a clock between two samples, and rounding.
const maxDriftMs = 1000

/** The store that `redisSessions` creates, with its capabilities. */
export type RedisSessions = SessionPlugin &
  UserIndexCapability &
  CloseCapability &
  CompareCapability &
  UserRecordsCapability &
  GivenIdCapability

/**
 * Creates a session store on Redis (6.2 or later), which removes expired sessions itself. Pass a client of
 * ioredis or node-redis, or a URL to let the store connect. Throws a `TypeError` for a wrong option.
 */
export function redisSessions(options: RedisSessionsOptions): RedisSessions {
  const { source, prefix, timeoutMs, maxDataBytes } = checkOptions(options)
  const { client, close } = connect(source, timeoutMs)
  const connection = createConnection(client, timeoutMs)
  const reads = createReads(client)
  const batcher = createBatcher(connection, reads)
  // Near its expiry, a session is compared with the clock of its server.
  const clock = createServerClock(
    () => connection.call((deadline) => connection.readTime(deadline)),
    client.isCluster ? clockMarginMs : maxDriftMs,
  )
  const commands = createSessionCommands({ connection, batcher, reads, clock, prefix })
  const index = createUserIndex(connection, reads, prefix)
  const writes = createIndexedWrites(connection, commands, index)

  const store: RedisSessions = {
    name: 'redis',

    async create(createOptions) {
      return writes.create(checkCreateOptions(createOptions, { maxDataBytes }))
    },

    async createWithId(id, createOptions) {
      const hash = hashSessionId(checkSessionId(id))
      const isCreated = await writes.createWithHash(hash, checkCreateOptions(createOptions, { maxDataBytes }))
      return { outcome: isCreated ? 'created' : 'taken' }
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
      const updated = await commands.updateIfUnchanged(hash, toComparable(expectedDataJson), checked)
      return updated ? { outcome: 'updated', id } : { outcome: 'changed' }
    },

    async touch(id, ttlMs) {
      await writes.touch(hashSessionId(checkSessionId(id)), checkTtlMs(ttlMs))
      return id
    },

    async delete(id) {
      if (isServerBackedId(id)) await writes.delete(hashSessionId(id))
    },

    async isHealthy() {
      try {
        // In a Cluster, one master answers for all.
        await connection.call((deadline) => connection.ping(deadline))
        return true
      } catch {
        return false
      }
    },

    ...createUserSessions({ connection, commands, index, writes }),
    ...createUserRecords({ connection, commands, index, maxDataBytes }),

    close: () => connection.close(close),
  }

  return observeOperations(channel(redisOperationChannel), store)
}
