import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { openRedisNamespace } from '@bext-internal/test-services/redis-namespace'
import { serve, visit, type Visitor } from '@bext-internal/test-services/visitor'
import type { SessionPlugin } from '@bext/session-core'
import { cookieSessions } from '@bext/session-cookie'
import {
  createSessionManager,
  sessionErrorStatus,
  type SessionCookieOptions,
  type SessionManager,
} from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { honoSessions, type SessionEnv } from '@bext/session-hono'
import { redisSessions } from '@bext/session-redis'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'

export interface AppData {
  visits: number
  note?: string
}

export type Env = SessionEnv<AppData>

export const stores = {
  memory: () => memorySessions(),
  redis: () => redisSessions(openRedisNamespace()),
  cookie: () => cookieSessions({ secrets: [{ id: 'k1', secret: randomBytes(32) }] }),
} as const

/** Creates a manager, by default of a store that refuses more than 5000 bytes of data. */
export function managerOf(
  store: SessionPlugin = memorySessions({ maxDataBytes: 5000 }),
  cookie?: SessionCookieOptions,
): SessionManager<AppData> {
  return createSessionManager<AppData>({ store, initialData: () => ({ visits: 0 }), cookie })
}

/** Creates an app with the middleware and an error page. */
export function appOf(sessions: SessionManager<AppData> = managerOf()): Hono<Env> {
  const app = new Hono<Env>()
  app.use(honoSessions(sessions))
  app.onError((error, c) => c.text('Sorry.', sessionErrorStatus(error) ?? 500))
  return app
}

/** Serves the app for the test. Resolves to a visitor. */
export async function visitApp(app: { fetch: (request: Request) => Response | Promise<Response> }): Promise<Visitor> {
  const listener = getRequestListener(app.fetch)
  return visit(await serve(createServer((request, response) => void listener(request, response))))
}
