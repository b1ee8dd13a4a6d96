import type { NodeSession, SessionManager } from '@bext/session-core/manager'
import type { CookieOptions, Request, Response } from 'express'
import type { SessionData } from 'express-session'
import { openOldSession, type MigratedSession, type OldSessionsOptions } from './old-sessions.js'

export interface MigrateOptions<Data extends object> extends OldSessionsOptions {
  readonly sessions: SessionManager<Data>
  /**
   * `path` and `domain` of express-session's cookie, if it has them. Without them, browsers do not clear the cookie.
   */
  readonly cookie?: Pick<CookieOptions, 'path' | 'domain'> | undefined
  readonly fromOld: (old: SessionData) => MigratedSession<Data>
}

/** A session, and the commit to call in place of `session.commit`. */
export interface MigratingSession<Data extends object> {
  readonly session: NodeSession<Data>
  readonly commit: () => Promise<unknown>
}

/** Opens the visitor's session. If the visitor has only a session of express-session, fills a new session from it. */
export async function openMigrating<Data extends object>(
  options: MigrateOptions<Data>,
  request: Request,
  response: Response,
): Promise<MigratingSession<Data>> {
  const session = await options.sessions.openNode(request, response)
  const isStored = session.createdAtMs !== undefined
  const old = isStored ? undefined : await openOldSession(options, request.headers.cookie)
  if (!old) return { session, commit: () => session.commit() }

  const { data, userId } = options.fromOld(old.data)
  session.data = data
  if (userId !== undefined) session.signIn(userId)
  return {
    session,
    async commit() {
      await session.commit()
      // Delete the old session last, so that the visitor still has it if anything fails before.
      await old.end()
      response.clearCookie(options.cookieName, options.cookie)
    },
  }
}
