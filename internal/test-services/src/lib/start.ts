import { postgres } from './postgres.js'
import { redis } from './redis.js'
import type { RunningService } from './service.js'
import { startService } from './start-service.js'
import { thisMachine } from './surroundings.js'

/** A Redis server that answers. Rejects, with what was tried and what helps, if there is none to be had. */
export function startRedis(): Promise<RunningService> {
  return startService(redis, thisMachine)
}

/** A PostgreSQL server that answers. Rejects, with what was tried and what helps, if there is none to be had. */
export function startPostgres(): Promise<RunningService> {
  return startService(postgres, thisMachine)
}
