import type { Session } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'
import type { MiddlewareFunction } from 'react-router'
import { createContext } from 'react-router'

interface SessionData {
  visits: number
}

const client = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379')
const sessions = createSessionManager<SessionData>({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
})

export const sessionContext = createContext<Session<SessionData>>()

/** Opens the session for loaders and actions, and commits once they have answered. A redirect may be thrown. */
export const sessionMiddleware: MiddlewareFunction<Response> = async ({ request, context }, next) => {
  const session = await sessions.open(request.headers.get('Cookie'))
  context.set(sessionContext, session)
  const response = await next()
  // React Router answers an error of a loader or an action with a page. Its changes are not stored.
  if (response.status >= 500) return response
  for (const setCookie of await session.commit()) {
    response.headers.append('Set-Cookie', setCookie)
    response.headers.set('Cache-Control', 'no-store')
  }
  return response
}
