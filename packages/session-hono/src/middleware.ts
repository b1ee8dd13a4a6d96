import type { OpenSession, SessionManager } from '@bext/session-core/manager'
import type { MiddlewareHandler } from 'hono'
import { addSessionHeaders, discardResponse } from './response.js'

/** Environment of an app whose handlers have a session: `new Hono<SessionEnv<Data>>()`. */
export interface SessionEnv<Data extends object> {
  Variables: {
    /** Session of the visitor. Committed before the response is sent, unless a handler throws. */
    session: OpenSession<Data>
  }
}

/** Returns true for anything that a handler threw, except a redirect: an `HTTPException` with a status below 400. */
function isFailure(error: Error | undefined): boolean {
  return error !== undefined && !('getResponse' in error && 'status' in error && Number(error.status) < 400)
}

/** Returns false for `Response.error()`, the only response without a status. */
function isSendable({ status }: Response): boolean {
  return status !== 0
}

/**
 * Creates a middleware that opens a session for each request, as `c.var.session`, and commits it before the response is
 * sent. A failed commit is passed to `onError`, and nothing of the response is sent. Register it before all other
 * middleware, so that no other changes the response afterwards. Throws a `TypeError` if `sessions` is not a manager.
 */
export function honoSessions<Data extends object>(sessions: SessionManager<Data>): MiddlewareHandler<SessionEnv<Data>> {
  if (typeof (sessions as Partial<SessionManager<Data>> | undefined)?.addHeaders !== 'function') {
    throw new TypeError('honoSessions: expected a manager. Pass that of createSessionManager.')
  }
  return async (c, next) => {
    const present: unknown = c.get('session')
    if (present !== undefined) {
      throw new Error('honoSessions: the request has a session already. Register one middleware for sessions, once.')
    }
    const session = await sessions.open(c.req.header('Cookie'), {
      secureSessionSkipped: c.req.header('Secure-Session-Skipped'),
    })
    const commit = session.commit.bind(session)
    /** First commit that the handler or the middleware started. A second one is refused. */
    let attempt: Promise<readonly string[]> | undefined
    let isSent = false

    async function commitUnlessSent(): Promise<readonly string[]> {
      if (isSent) {
        throw new Error('commit: the response is already sent, so nothing was stored. Commit before you send it.')
      }
      return commit()
    }

    function commitOnce(): Promise<readonly string[]> {
      const current = commitUnlessSent()
      attempt ??= current
      return current
    }

    c.set('session', Object.assign(session, { commit: commitOnce }))
    try {
      await next()
      // The handler deals with the failure of a commit that it started.
      if (attempt) await Promise.allSettled([attempt])
      else if (c.finalized && !isFailure(c.error) && isSendable(c.res)) {
        await session.commit().catch((error: unknown) => {
          discardResponse(c)
          throw error
        })
      }
    } finally {
      isSent = true
    }
    const setCookies = await attempt?.catch(() => undefined)
    if (setCookies) addSessionHeaders(c, sessions, setCookies, session.responseHeaders)
  }
}
