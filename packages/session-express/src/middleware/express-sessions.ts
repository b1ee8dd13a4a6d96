import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NodeSession, SessionManager } from '@bext/session-core/manager'
import { clearBodyHeaders, sessionErrorStatus } from '@bext/session-core/manager'
import onHeaders from 'on-headers'
import { holdResponse } from './hold-response.js'

/** A request of Express or Connect whose session is open. */
export interface SessionRequest<Data extends object> extends IncomingMessage {
  session?: NodeSession<Data>
}

/** A middleware of Express or Connect. */
export type SessionMiddleware<Data extends object> = (
  request: SessionRequest<Data>,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** Commit of a request's session. */
interface RequestCommit {
  /** First commit that the handler or the middleware started. A second one is refused. */
  attempt: Promise<unknown> | undefined
  setCookies: readonly string[]
}

async function open<Data extends object>(
  sessions: SessionManager<Data>,
  request: SessionRequest<Data>,
  response: ServerResponse,
): Promise<[session: NodeSession<Data>, state: RequestCommit]> {
  const session = await sessions.open(request.headers.cookie, {
    secureSessionSkipped: request.headers['secure-session-skipped']?.toString(),
  })
  const commit = session.commit.bind(session)
  const state: RequestCommit = { attempt: undefined, setCookies: [] }

  async function commitUnlessSent(): Promise<readonly string[]> {
    if (response.headersSent) {
      throw new Error('commit: the response is already sent, so nothing was stored. Commit before you send it.')
    }
    state.setCookies = await commit()
    return state.setCookies
  }

  function commitOnce(): Promise<readonly string[]> {
    const attempt = commitUnlessSent()
    state.attempt ??= attempt
    return attempt
  }

  return [Object.assign(session, { commit: commitOnce }), state]
}

/** Prepares the response, which has the head of the page that is not sent, for the error page. */
function prepareErrorPage(response: ServerResponse, error: unknown): void {
  clearBodyHeaders(response)
  response.statusCode = sessionErrorStatus(error) ?? 500
  response.statusMessage = ''
}

/** Waits for the commit before the response is sent, and adds the cookies when its head is written. */
function commitBeforeSending<Data extends object>(
  sessions: SessionManager<Data>,
  response: ServerResponse,
  [session, state]: [NodeSession<Data>, RequestCommit],
  next: (error: unknown) => void,
): void {
  const addHeaders = (): void => sessions.addHeaders(response, state.setCookies, session.responseHeaders)
  onHeaders(response, addHeaders)
  holdResponse(response, {
    prepare(status) {
      // The handler deals with the failure of a commit that it started.
      if (state.attempt) return state.attempt.catch(() => undefined)
      return status >= 500 ? undefined : session.commit()
    },
    beforeSending: addHeaders,
    fail(error) {
      if (!response.headersSent) prepareErrorPage(response, error)
      next(error)
    },
  })
}

async function openAndContinue<Data extends object>(
  sessions: SessionManager<Data>,
  request: SessionRequest<Data>,
  response: ServerResponse,
  next: (error?: unknown) => void,
): Promise<void> {
  try {
    const opened = await open(sessions, request, response)
    request.session = opened[0]
    commitBeforeSending(sessions, response, opened, next)
  } catch (error) {
    prepareErrorPage(response, error)
    next(error)
    return
  }
  next()
}

/**
 * Creates a middleware for Express 5 and 4, and for Connect. It opens a session for each request, as `request.session`, and
 * commits it before the first byte of the response is sent. A failed commit is passed to `next`, so that the visitor gets an
 * error page, and never a part of the response. A response with a status of 500 or more stores nothing. Throws a `TypeError`
 * if `sessions` is not a manager.
 */
export function expressSessions<Data extends object>(sessions: SessionManager<Data>): SessionMiddleware<Data> {
  if (typeof (sessions as Partial<SessionManager<Data>> | undefined)?.addHeaders !== 'function') {
    throw new TypeError('expressSessions: expected a manager. Pass that of createSessionManager.')
  }
  return (request, response, next) => {
    if (request.session !== undefined) {
      const advice = 'Use one middleware for sessions, once.'
      next(new Error(`expressSessions: request.session exists already. ${advice}`))
      return
    }
    void openAndContinue(sessions, request, response, next)
  }
}
