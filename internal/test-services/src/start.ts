import { postgres } from './postgres.js'
import { redis, redisWith } from './redis.js'
import type { RunningService } from './service.js'
import { startService } from './start-service.js'
import { thisMachine } from './environment.js'

/** A Redis server that answers. Rejects, with what was tried and what helps, if there is none to be had. */
export function startRedis(): Promise<RunningService> {
  return startService(redis, thisMachine)
}

/** A PostgreSQL server that answers. Rejects, with what was tried and what helps, if there is none to be had. */
export function startPostgres(): Promise<RunningService> {
  return startService(postgres, thisMachine)
}

/**
 * A Redis server of one's own with these settings, as arguments of `redis-server`, whatever URL or engine is given: for
 * tests that need a Cluster, or break a server. Rejects, with what was tried and what helps, if there are no binaries.
 */
export function startRedisWith(settings: readonly string[]): Promise<RunningService> {
  return startService(redisWith(settings), thisMachine, ['local', 'registry'])
}
