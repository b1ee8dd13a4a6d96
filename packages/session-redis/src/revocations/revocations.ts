import type { SessionRevocations } from '@bext/session-core'
import {
  checkTimeoutMs,
  defaultTimeoutMs,
  rejectBareOption,
  rejectUnknownOptions,
  hashSessionId,
} from '@bext/session-core/store-helpers'
import { adapterOf, type RedisClient } from '../client/client.js'
import { createConnection } from '../connection.js'
import { checkClient, checkPrefix } from '../options.js'
import { createReads } from '../client/reads.js'
import type { Script } from '../client/run-script.js'
import { revokeSessionScript, revokeUserScript } from './scripts.js'

/** Options of `redisRevocations`. */
export interface RedisRevocationsOptions {
  /** A client of ioredis or node-redis, or a `RedisAdapter`. It is never closed. */
  readonly client: RedisClient
  /** Prefix of every key: 1 to 128 bytes, without `{` and `}`. Default: `revoked:`. */
  readonly prefix?: string | undefined
  /** Deadline of a call, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const factory = 'redisRevocations'

/**
 * Records revoked sessions of `@bext/session-cookie` in Redis (6.2 or later). Stores one key for each revoked session
 * and one for each user whose sessions were revoked. The keys expire on their own. A lookup takes one round trip.
 * Throws a `TypeError` for a wrong option.
 */
export function redisRevocations(options: RedisRevocationsOptions): SessionRevocations {
  rejectBareOption(factory, 'client', adapterOf(options) !== undefined)
  rejectUnknownOptions(factory, options, ['client', 'prefix', 'timeoutMs'])
  const client = checkClient(factory, options.client)
  const prefix = checkPrefix(factory, options.prefix ?? 'revoked:')
  const timeoutMs = checkTimeoutMs(factory, options.timeoutMs ?? defaultTimeoutMs)
  const connection = createConnection(client, timeoutMs)
  const reads = createReads(client)
  const sessionKey = (familyId: string): string => `${prefix}session:${familyId}`
  const userKey = (userId: string): string => `${prefix}user:${hashSessionId(userId)}`

  async function valueOf(key: string): Promise<string | null> {
    const [value = null] = await reads.get([key])
    return value
  }

  async function revoke(script: Script, key: string, ...args: readonly number[]): Promise<void> {
    const entry = { key, args: args.map(String) }
    await connection.call((deadline) => connection.write(deadline, script, [entry]))
  }

  return {
    isRevoked(familyId, userId, createdAtMs) {
      return connection.call((deadline) =>
        connection.read(deadline, async () => {
          // Two commands that are sent together take one round trip. MGET needs keys of the same slot.
          const [session, notAfterMs] = await Promise.all([
            valueOf(sessionKey(familyId)),
            userId === undefined ? null : valueOf(userKey(userId)),
          ])
          return session !== null || (notAfterMs !== null && createdAtMs <= Number(notAfterMs))
        }),
      )
    },

    revokeSession: (familyId, untilMs) => revoke(revokeSessionScript, sessionKey(familyId), untilMs - Date.now()),

    revokeUser: (userId, notAfterMs, untilMs) =>
      revoke(revokeUserScript, userKey(userId), untilMs - Date.now(), notAfterMs),

    async isHealthy() {
      try {
        await connection.call((deadline) => connection.ping(deadline))
        return true
      } catch {
        return false
      }
    },
  }
}
