import { createSessionManager } from '@bext/session-core/manager'
import { redisSessions } from '@bext/session-redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379')

export const sessions = createSessionManager({
  store: redisSessions({ client }),
  initialData: () => ({ visits: 0 }),
})
