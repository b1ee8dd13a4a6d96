import type { UserRecordsCapability } from '../contract/capabilities.js'
import { checkUserIdOfCall } from './check-arguments.js'
import { checkManagerOptions } from './check-options.js'
import type { CookiesByName } from './cookies-by-name.js'
import type { DeviceRequest } from './device.js'
import { openForCookies } from './cookies-by-name.js'
import type { Host } from './host.js'
import type { NodeRequest, NodeResponse } from './node-adapter.js'
import { openForNode } from './node-adapter.js'
import { handleFetch } from './fetch-adapter.js'
import { openFromHeader } from './open.js'
import type { SessionManagerOptions } from './options.js'
import type { ResponseHeaders } from './response-headers.js'
import { addSessionHeaders } from './response-headers.js'
import type {
  CookiesSession,
  ListedSession,
  ListSessionsOptions,
  NodeSession,
  OpenSession,
  Session,
  TokenSession,
} from './session.js'
import type { ChangedSession, CookieRequest } from './change-session.js'
import { changeSession } from './change-session.js'
import { endIfListed } from './end-session.js'
import { checkDescribe, listSessions } from './list-sessions.js'
import type { SessionSnapshot } from './read-session.js'
import { readSession } from './read-session.js'
import type { ChangeData, UpdatedUserSessions } from './update-user-sessions.js'
import { updateUserSessions } from './update-user-sessions.js'
import { createSessionWatcher } from './watch-sessions.js'
import { headersOf } from './set-cookie.js'
import { openForToken } from './token.js'

export interface OpenOptions {
  /** Header `Secure-Session-Skipped` of the request, for the manager's option `device`. Default: none. */
  readonly secureSessionSkipped?: string | null | undefined
}

/** Opens the session that a request's cookies name, and answers with the cookies of the response. */
export interface SessionManager<Data extends object> {
  /** True if `listSessions` and `endSession` work: the store lists sessions by user (contract O1). */
  readonly supportsUserIndex: boolean
  /** True if lists can have descriptions and `updateUserSessions` works: the store lists data by user (contract O5). */
  readonly supportsUserRecords: boolean
  /** True if `signOutEverywhere` works: by the store's user index, or by revocation of sealed sessions (O7). */
  readonly supportsSignOutEverywhere: boolean
  /**
   * Resolves to the session that a request's `Cookie` header names, or to a new one if the header names no live session.
   * An outdated cookie is ignored, not cleared, because a parallel sign-in may have replaced it. Costs one read for each
   * session cookie that is tried, and no read without a session cookie. Rejects with `Backend` if the store fails
   * (contract E4). Send each value that `commit` resolves to as a `Set-Cookie` header, and `Cache-Control: no-store` with
   * them.
   */
  open(cookieHeader: string | null | undefined, options?: OpenOptions): Promise<OpenSession<Data>>
  /**
   * Opens the session, calls the handler, and commits, for frameworks that use `Request` and `Response`. Resolves to a copy
   * of the handler's response, with `Set-Cookie` and `Cache-Control` added if a cookie has to be set. The commit ends
   * before the body is read, so a streamed body must not use the session. A `Response` that the handler throws is treated
   * like one that it returns. If the handler throws anything else, or returns no `Response` or one whose body was already
   * read, nothing is stored and the promise rejects. If the commit rejects, the body is cancelled.
   */
  handleFetch(request: Request, handler: (session: Session<Data>) => Response | Promise<Response>): Promise<Response>
  /** Opens the session for `node:http` and frameworks built on it. Its `commit` writes the headers to the response. */
  openNode(request: NodeRequest, response: NodeResponse): Promise<NodeSession<Data>>
  /**
   * Adds to a response the `Set-Cookie` values of a commit that it lacks, and `Cache-Control`. Without values, changes
   * nothing. For adapters of frameworks: call it immediately before the headers are sent, because code that ran since the
   * commit may have replaced them. `headers` are the `responseHeaders` of the session.
   */
  addHeaders(
    response: ResponseHeaders,
    setCookies: readonly string[],
    headers?: readonly (readonly [name: string, value: string])[],
  ): void
  /**
   * Answers the requests that browsers send to the endpoints of the option `device`, without a session of the request.
   * Resolves to undefined if the path is no endpoint, and without that option.
   */
  handleDevice(request: DeviceRequest): Promise<Response | undefined>
  /**
   * Opens the session for frameworks that read and set cookies by name: Next.js, SvelteKit, Astro, Nuxt, TanStack Start.
   * Its `commit` sets the cookies. If the request has several cookies of one name, the framework chooses one. Rejects with
   * a `TypeError` if `cookies` has no `get` or `set`, and otherwise as `open` does.
   */
  openCookies(cookies: CookiesByName): Promise<CookiesSession<Data>>
  /**
   * Opens the session of a client that has no cookies, such as a mobile app or a command. `authorization` is the
   * `Authorization` header, or the token alone. Opens a new session if it is missing, of another scheme, or no live session
   * has this token. Lifetimes, rotation and lists are those of sessions with a cookie. Rejects as `open` does.
   */
  openToken(authorization: string | null | undefined): Promise<TokenSession<Data>>
  /**
   * Ends all sessions of the user that were created before the call. Needs no request: for an administrator, or after a
   * password reset. Rejects with `Invalid` if `userId` is empty or not a string, with `Backend` if the store fails, and
   * with a `TypeError` if the store does not support it (`supportsSignOutEverywhere`).
   */
  endUserSessions(userId: string): Promise<void>
  /**
   * Resolves to the user's live sessions, oldest first, as `Session.listSessions` does. Needs no request. Rejects with
   * `Invalid` if `userId` is empty or not a string, and with a `TypeError` as `Session.listSessions` does.
   */
  listUserSessions<Description = undefined>(
    userId: string,
    options?: ListSessionsOptions<Data, Description>,
  ): Promise<readonly ListedSession<Description>[]>
  /**
   * Ends the user's session with this handle. Needs no request. Resolves to false, and ends nothing, if the handle is unknown
   * or belongs to another user. Rejects as `listUserSessions` does.
   */
  endUserSession(userId: string, handle: string): Promise<boolean>
  /**
   * Changes the data of each of the user's sessions, as when a role is taken away, and signs nobody out. `change` changes the
   * data in place or returns new data. It must be safe to repeat: it is called again if another call changed the session
   * meanwhile, and for a session that replaced one meanwhile. Data that cannot be stored makes the call reject with
   * `Invalid`, as in a commit; other sessions may be changed already. Misses no session that was created before the call.
   * Sessions that sign in during the call read your own tables. Rejects with a `TypeError` if the store does not list data
   * (`supportsUserRecords`), or without the option `onConflict: 'reject'`, because a request that read the data before would
   * overwrite the change.
   */
  updateUserSessions(userId: string, change: ChangeData<Data>): Promise<UpdatedUserSessions>
  /**
   * Opens the session of a `Cookie` header or a request, calls `work`, and commits. If another request changed the session
   * meanwhile, does all of it again, up to ten times, so that no change is lost. So `work` must be safe to repeat. Works with
   * any `onConflict`. Rejects with a `TypeError` if the store has no `updateIfUnchanged` (contract O4), and otherwise as
   * `OpenSession.commit` does.
   */
  change<Result>(
    source: string | null | undefined | CookieRequest,
    work: (session: Session<Data>) => Result | Promise<Result>,
  ): Promise<ChangedSession<Result>>
  /**
   * Resolves to the live session of a `Cookie` header as it is stored now, or undefined if there is none. For the upgrade to a
   * WebSocket, or a stream of events: it does not extend the session, sets no cookie, and can watch the session. Rejects with
   * `Backend` if the store fails.
   */
  read(cookieHeader: string | null | undefined): Promise<SessionSnapshot<Data> | undefined>
  /** Resolves to true if the store's backend answers, for a readiness probe. Never rejects (contract H1). */
  isHealthy(): Promise<boolean>
}

function recordsToUpdate({ users, comparing, store }: Host): UserRecordsCapability {
  if (!users.records) {
    throw new TypeError(
      `updateUserSessions: check supportsUserRecords first. The store ${store.name} does not list data.`,
    )
  }
  if (comparing) return users.records
  const reason = 'because a request that read the data before would overwrite the change'
  throw new TypeError(`updateUserSessions needs the option onConflict: 'reject' of createSessionManager, ${reason}.`)
}

/** Creates the session manager of a server. Throws a `TypeError` for a wrong option. */
export function createSessionManager<Data extends object>(options: SessionManagerOptions<Data>): SessionManager<Data> {
  const context = checkManagerOptions(options)
  const watcher = createSessionWatcher(context, context.watchIntervalMs)

  return {
    supportsUserIndex: context.users.supportsUserIndex,
    supportsUserRecords: context.users.records !== undefined,
    supportsSignOutEverywhere: context.users.supportsSignOutEverywhere,
    async open(cookieHeader, { secureSessionSkipped } = {}) {
      const { session, commit } = await openFromHeader(context, cookieHeader, secureSessionSkipped)
      return Object.assign(session, {
        commit: async () => headersOf((await commit()).setCookies),
      })
    },
    openCookies: (cookies) => openForCookies(context, cookies),
    openToken: (authorization) => openForToken(context, authorization),
    handleFetch: (request, handler) => handleFetch(context, request, handler),
    openNode: (request, response) => openForNode(context, request, response),
    addHeaders: (response, setCookies, headers) =>
      addSessionHeaders(response, setCookies, context.cacheControl, headers),
    async handleDevice(request) {
      return context.device?.respond(request)
    },
    async endUserSessions(userId) {
      await context.users.endAll(checkUserIdOfCall('endUserSessions', userId))
    },
    async listUserSessions(userId, listOptions = {}) {
      const describe = checkDescribe('listUserSessions', listOptions)
      return listSessions(context, checkUserIdOfCall('listUserSessions', userId), describe)
    },
    async endUserSession(userId, handle) {
      return endIfListed(context, checkUserIdOfCall('endUserSession', userId), handle)
    },
    async updateUserSessions(userId, change) {
      const checkedId = checkUserIdOfCall('updateUserSessions', userId)
      return updateUserSessions(context, recordsToUpdate(context), checkedId, change)
    },
    change: (source, work) => changeSession(context, source, work),
    read: (cookieHeader) => readSession(context, watcher, cookieHeader),
    isHealthy: () => context.store.isHealthy(),
  }
}
