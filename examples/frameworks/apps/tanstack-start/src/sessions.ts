import { createServerOnlyFn } from '@tanstack/react-start'
import { getCookie, setCookie, setResponseHeader } from '@tanstack/react-start/server'
import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379')
const sessions = createSessionManager({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
})

/** Opens the session in a server function or a server route. */
export const openSession = createServerOnlyFn(() =>
  sessions.openCookies({
    get: (name) => getCookie(name),
    set(name, value, attributes) {
      setCookie(name, value, attributes)
      setResponseHeader('Cache-Control', 'no-store')
    },
  }),
)
