import type { NodeSession, SessionManager } from '@bext/session-core/manager'
import type { CookieOptions, Request, Response } from 'express'
import type { SessionData } from 'express-session'
import { openOldSession, type OldSessionsOptions } from './old-sessions.js'

/** What of an old session lives on. */
export interface Moved<Data> {
  readonly data: Data
  /** Undefined for a visitor who has not signed in. */
  readonly userId: string | undefined
}

export interface MoveOptions<Data extends object> extends OldSessionsOptions {
  readonly sessions: SessionManager<Data>
  /** The `path` and `domain` that express-session's cookie has, without which browsers do not clear it. */
  readonly cookie?: Pick<CookieOptions, 'path' | 'domain'> | undefined
  readonly fromOld: (old: SessionData) => Moved<Data>
}

/** A session, and the commit to call in place of its own. */
export interface MovingSession<Data extends object> {
  readonly session: NodeSession<Data>
  readonly commit: () => Promise<void>
}

/** Opens the visitor's session; the first time, from the one that express-session has stored. */
export async function openMoving<Data extends object>(
  options: MoveOptions<Data>,
  request: Request,
  response: Response,
): Promise<MovingSession<Data>> {
  const session = await options.sessions.openNode(request, response)
  const isOurs = session.createdAtMs !== undefined
  const old = isOurs ? undefined : await openOldSession(options, request.headers.cookie)
  if (!old) return { session, commit: () => session.commit() }

  const { data, userId } = options.fromOld(old.data)
  session.data = data
  if (userId !== undefined) session.signIn(userId)
  return {
    session,
    async commit() {
      await session.commit()
      // Only now: whatever fails before, the visitor still has the old session.
      await old.end()
      response.clearCookie(options.cookieName, options.cookie)
    },
  }
}
