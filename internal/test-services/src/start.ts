import { postgres } from './postgres.js'
import { redis, redisWith } from './redis.js'
import type { RunningService } from './service.js'
import { startService } from './start-service.js'
import { thisMachine } from './environment.js'

/** Resolves to a running Redis server. If no route works, rejects with the routes tried and possible remedies. */
export function startRedis(): Promise<RunningService> {
  return startService(redis, thisMachine)
}

/** Resolves to a running PostgreSQL server. If no route works, rejects with the routes tried and possible remedies. */
export function startPostgres(): Promise<RunningService> {
  return startService(postgres, thisMachine)
}

/**
 * Starts a separate Redis server with settings, as arguments of `redis-server`. It ignores given URLs and container
 * engines. Rejects without binaries, with the routes tried and possible remedies.
 */
export function startRedisWith(settings: readonly string[]): Promise<RunningService> {
  return startService(redisWith(settings), thisMachine, ['local', 'registry'])
}
