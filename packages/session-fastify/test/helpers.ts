import { openRedisNamespace } from '@bext-internal/test-services/redis-namespace'
import { serve, visit, type Visitor } from '@bext-internal/test-services/visitor'
import { SessionError, type SessionPlugin } from '@bext/session-core'
import { createSessionManager, type SessionCookieOptions, type SessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'
import { fastifySessions, type SessionData } from '@bext/session-fastify'
import { redisSessions } from '@bext/session-redis'
import { fastify, type FastifyInstance } from 'fastify'

declare module '@bext/session-fastify' {
  interface SessionData {
    visits: number
    note?: string
  }
}

export const stores = { memory: () => memorySessions(), redis: () => redisSessions(openRedisNamespace()) } as const

export function managerOf(
  store: SessionPlugin = memorySessions(),
  cookie?: SessionCookieOptions,
): SessionManager<SessionData> {
  return createSessionManager<SessionData>({ store, initialData: () => ({ visits: 0 }), cookie })
}

async function fail(): Promise<never> {
  throw new SessionError('unavailable', 'The backend cannot be reached.')
}

/** Returns the store with a backend that is down for the methods. */
export function failing(store: SessionPlugin, ...methods: readonly ('create' | 'read' | 'update')[]): SessionPlugin {
  return { ...store, ...Object.fromEntries(methods.map((method) => [method, fail])) }
}

/** Starts an app with the plugin. Resolves to a visitor. */
export async function start(
  sessions: SessionManager<SessionData>,
  addRoutes: (app: FastifyInstance) => unknown,
): Promise<Visitor> {
  const app = fastify()
  await app.register(fastifySessions, { sessions })
  await addRoutes(app)
  return visitApp(app)
}

/** Serves the app for the test. Resolves to a visitor. */
export async function visitApp(app: FastifyInstance): Promise<Visitor> {
  await app.ready()
  return visit(await serve(app.server))
}
