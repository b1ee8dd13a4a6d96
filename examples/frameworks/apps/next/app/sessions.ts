import { cookies } from 'next/headers'
import type { CookiesSession } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'

export interface SessionData {
  visits: number
}

// Next.js may load this module more than once, so the store has to be outside of the process.
const client = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379')

export const sessions = createSessionManager<SessionData>({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
})

/** Opens the session in a server component, a server function or a route handler. */
export async function openSession(): Promise<CookiesSession<SessionData>> {
  return sessions.openCookies(await cookies())
}
