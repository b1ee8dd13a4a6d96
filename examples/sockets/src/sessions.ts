import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import type { Redis } from 'ioredis'

export type Data = { readonly [key: string]: never }
export type Sessions = SessionManager<Data>

/** Creates the sessions of one process. A socket closes within `watchIntervalMs` after the end of its session. */
export function createSessions(client: Redis, prefix: string, watchIntervalMs: number): Sessions {
  return createSessionManager<Data>({
    store: redisSessions({ client, prefix }),
    initialData: () => ({}),
    watchIntervalMs,
  })
}
