import type { SessionId, SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import type { ExpressCookie, ExpressSession } from './protocol.js'

/** The cookie as express-session makes it: written as JSON it has no `maxAge`, but stores may ask for it. */
class BridgedCookie implements ExpressCookie {
  readonly originalMaxAge: number
  readonly expires: Date
  readonly httpOnly: boolean = true
  readonly path: string = '/'

  constructor(expiresAtMs: number, originalMaxAge: number) {
    this.originalMaxAge = originalMaxAge
    this.expires = new Date(expiresAtMs)
  }

  get maxAge(): number {
    return this.expires.getTime() - Date.now()
  }
}

/** The session that the bridge stores. Its data are a value and not JSON text, because the protocol stores values. */
interface BridgedSession extends ExpressSession {
  readonly user?: string
  readonly createdAtMs: number
  readonly data: unknown
}

/** A session that a store gave back, which may have come from anywhere. */
export interface LoadedSession {
  readonly session: BridgedSession
  readonly expiresAtMs: number
  /** True if the store still had the session after the expiry in its cookie. */
  readonly isOverdue: boolean
}

export function newSession(userId: string | undefined, data: unknown, ttlMs: number): BridgedSession {
  const createdAtMs = Date.now()
  const cookie = new BridgedCookie(createdAtMs + ttlMs, ttlMs)
  return { cookie, ...(userId === undefined ? {} : { user: userId }), createdAtMs, data }
}

/** The session that was asked for at that time, if the bridge wrote it. Throws `Backend`, reason `corrupt`, otherwise. */
export function checkSession(session: ExpressSession, askedAtMs: number): LoadedSession {
  const { cookie, user, createdAtMs, data } = session as Partial<BridgedSession>
  const expiresAtMs = new Date(cookie?.expires ?? Number.NaN).getTime()
  const isOurs =
    (user === undefined || typeof user === 'string') &&
    Number.isSafeInteger(createdAtMs) &&
    Number.isSafeInteger(expiresAtMs) &&
    data !== undefined
  if (isOurs) return { session: session as BridgedSession, expiresAtMs, isOverdue: expiresAtMs <= askedAtMs }
  throw new SessionError('corrupt', 'The store gave back a session that is not as the bridge wrote it.')
}

export function toRecord(id: SessionId, { session, expiresAtMs }: LoadedSession): SessionRecord {
  const { user: userId, createdAtMs, data } = session
  return { id, userId, dataJson: JSON.stringify(data), createdAtMs, expiresAtMs }
}

/** The session with other data and what is left of its life. */
export function withData({ session, expiresAtMs, isOverdue }: LoadedSession, data: unknown): BridgedSession {
  const nowMs = Date.now()
  const { originalMaxAge } = session.cookie
  // A store that has the session still, past the end in its cookie, was touched and does not write that into the
  // session, or rounds up: express-session restarts the lifetime with each save.
  const leftMs = isOverdue ? (originalMaxAge ?? 1) : Math.max(1, expiresAtMs - nowMs)
  return { ...session, cookie: new BridgedCookie(nowMs + leftMs, leftMs), data }
}

/** The session with a life of `ttlMs` milliseconds from now. */
export function withLife({ session }: LoadedSession, ttlMs: number): BridgedSession {
  return { ...session, cookie: new BridgedCookie(Date.now() + ttlMs, ttlMs) }
}
