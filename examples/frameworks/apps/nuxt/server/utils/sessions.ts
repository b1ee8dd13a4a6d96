import type { H3Event } from 'h3'
import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379')
const sessions = createSessionManager({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
})

/** Opens the session in a route of the server. */
export function openSession(event: H3Event) {
  return sessions.openCookies({
    get: (name) => getCookie(event, name),
    set(name, value, attributes) {
      setCookie(event, name, value, attributes)
      setResponseHeader(event, 'Cache-Control', 'no-store')
    },
  })
}
