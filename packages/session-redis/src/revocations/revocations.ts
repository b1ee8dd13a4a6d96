import type { SessionRevocations } from '@bext/session-core'
import {
  checkTimeoutMs,
  defaultTimeoutMs,
  rejectBareOption,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import { isRedisClient, type RedisClient } from '../client/client.js'
import { createConnection } from '../connection.js'
import { digest } from '../hash.js'
import { checkClient, checkPrefix } from '../options.js'
import { createReads } from '../client/reads.js'
import { revokeSessionScript, revokeUserScript } from './scripts.js'
import type { Script } from '../sessions/define-script.js'

export interface RedisRevocationsOptions {
  /** Your ioredis `Redis` or `Cluster`. It is never closed. */
  readonly client: RedisClient
  /** What the keys begin with, at most 128 bytes without `{` and `}`. Default: `revoked:`. */
  readonly prefix?: string | undefined
  /** How long a call may take, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const factory = 'redisRevocations'

/**
 * Which sealed sessions of `@bext/session-cookie` were ended, in Redis: a key for each ended session and each user
 * whose sessions were, that expires by itself. A look-up is one round trip. Throws a `TypeError` for a wrong option.
 */
export function redisRevocations(options: RedisRevocationsOptions): SessionRevocations {
  rejectBareOption(factory, 'client', isRedisClient(options))
  rejectUnknownOptions(factory, options, ['client', 'prefix', 'timeoutMs'])
  const client = checkClient(factory, options.client)
  const prefix = checkPrefix(factory, options.prefix ?? 'revoked:')
  const timeoutMs = checkTimeoutMs(factory, options.timeoutMs ?? defaultTimeoutMs)
  const connection = createConnection(client, { timeoutMs, lastError: () => undefined })
  const reads = createReads(client)
  const sessionKey = (familyId: string): string => `${prefix}session:${familyId}`
  const userKey = (userId: string): string => `${prefix}user:${digest(userId)}`

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
          // Two keys of two slots, so no MGET; sent at once, they are one round trip.
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
        await connection.call((deadline) => connection.read(deadline, () => client.ping()))
        return true
      } catch {
        return false
      }
    },
  }
}
