import { checkManagerOptions } from './check-options.js'
import { checkUser } from './request-session.js'
import type { NodeRequest, NodeResponse } from './node-adapter.js'
import { openForNode } from './node-adapter.js'
import { handleFetch } from './fetch-adapter.js'
import { openSession } from './open.js'
import type { SessionManagerOptions } from './options.js'
import type { NodeSession, OpenSession, Session } from './session.js'

/** Opens sessions from the cookies of requests, and writes them back. */
export interface SessionManager<Data extends object> {
  /** Whether `listSessions` and `endSession` of its sessions work: the store finds sessions by user (contract O1). */
  readonly supportsUserIndex: boolean
  /** Whether `signOutEverywhere` works: by the store's user index, or by revocation of sealed sessions. */
  readonly supportsSignOutEverywhere: boolean
  /**
   * Resolves to the session that a request's `Cookie` header names; to a new one if it names none that is alive (an
   * outdated cookie is ignored, not cleared: a parallel sign-in may have replaced it). Costs one read for each session
   * cookie that it tries, and none without one. Rejects with `Backend` as the store does (contract E4). Send the values
   * that its `commit` resolves to as `Set-Cookie`, and with them `Cache-Control: no-store`.
   */
  open(cookieHeader: string | null | undefined): Promise<OpenSession<Data>>
  /**
   * For frameworks of `Request` and `Response`. Opens the session, calls the handler, commits, and resolves to a copy
   * of its response with `Set-Cookie` and `Cache-Control` where a cookie is to be set. The commit is over before the
   * body is read: a body that streams may not use the session. A `Response` that the handler throws is its answer, too.
   * If it throws anything else, or returns what cannot be sent (no `Response`, or one whose body was read), nothing is
   * stored. If the commit rejects, the body is cancelled.
   */
  handleFetch(request: Request, handler: (session: Session<Data>) => Response | Promise<Response>): Promise<Response>
  /** For `node:http`, and frameworks upon it: opens the session, whose `commit` writes the headers to the response. */
  openNode(request: NodeRequest, response: NodeResponse): Promise<NodeSession<Data>>
  /**
   * Ends all sessions of the user that were created before the call, outside of any request: for an administrator, or
   * when a password is reset. Rejects with `Invalid` for what is no user id, with `Backend` as the store does, and with
   * a `TypeError` where the store cannot (`supportsSignOutEverywhere`).
   */
  endUserSessions(userId: string): Promise<void>
  /** Resolves to whether the store's backend answers; never rejects (contract H1). For a readiness probe. */
  isHealthy(): Promise<boolean>
}

/** The host side of a store: cookies in, cookies out. Throws a `TypeError` for a wrong option. */
export function createSessionManager<Data extends object>(options: SessionManagerOptions<Data>): SessionManager<Data> {
  const context = checkManagerOptions(options)

  return {
    supportsUserIndex: context.users.supportsUserIndex,
    supportsSignOutEverywhere: context.users.supportsSignOutEverywhere,
    async open(cookieHeader) {
      const { session, commit } = await openSession(context, cookieHeader)
      return Object.assign(session, { commit })
    },
    handleFetch: (request, handler) => handleFetch(context, request, handler),
    openNode: (request, response) => openForNode(context, request, response),
    async endUserSessions(userId) {
      await context.users.endAll(checkUser('endUserSessions', userId))
    },
    isHealthy: () => context.plugin.isHealthy(),
  }
}
