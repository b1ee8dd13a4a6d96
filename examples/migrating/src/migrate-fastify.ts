import type { SessionData as NewData } from '@bext/session-fastify'
import { stringifySetCookie } from 'cookie'
import type { SessionData } from 'express-session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { openOldSession, type MigratedSession, type OldSession, type OldSessionsOptions } from './old-sessions.js'

export interface MigrateFastifyOptions extends OldSessionsOptions {
  /** `path` and `domain` of the old cookie, if it has them. Without them, browsers do not clear the cookie. */
  readonly cookie?: { readonly path?: string; readonly domain?: string } | undefined
  readonly fromOld: (old: SessionData) => MigratedSession<NewData>
}

/**
 * Fills the new session of each visitor who has only an old one, and deletes the old one once the new one is stored.
 * Register `fastifySessions` on the same instance before.
 */
export function migrateOldSessions(app: FastifyInstance, options: MigrateFastifyOptions): void {
  const { cookieName, cookie, fromOld } = options
  const migrating = new WeakMap<FastifyRequest, OldSession>()
  const cleared = stringifySetCookie(cookieName, '', { path: '/', ...cookie, maxAge: 0 })

  app.addHook('onRequest', async (request) => {
    const { session } = request
    const isStored = session.createdAtMs !== undefined
    const old = isStored ? undefined : await openOldSession(options, request.headers.cookie)
    if (!old) return
    const { data, userId } = fromOld(old.data)
    session.data = data
    if (userId !== undefined) session.signIn(userId)
    migrating.set(request, old)
  })

  // A request that failed stores nothing, so its visitor keeps the old session.
  app.addHook('onError', async (request) => void migrating.delete(request))

  // Runs after the commit, because `fastifySessions` was registered before.
  app.addHook('onSend', async (request, reply, payload) => {
    const old = migrating.get(request)
    // For a `Response` that cannot be sent, nothing was stored.
    const isUnsendable = payload instanceof Response && (payload.status === 0 || payload.bodyUsed)
    if (!old || isUnsendable) return
    await old.end()
    reply.header('Set-Cookie', cleared)
  })
}
