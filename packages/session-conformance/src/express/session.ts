import type { SessionId, SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import type { ExpressCookie, ExpressSession } from './protocol.js'

/** A cookie like that of express-session: its JSON has no `maxAge`, but stores may read the property. */
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

/** The session that the bridge stores. Its data are a value, not JSON text, because the protocol stores values. */
interface BridgedSession extends ExpressSession {
  readonly user?: string
  readonly createdAtMs: number
  readonly data: unknown
}

/** A session that a store returned. It may be of any shape. */
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

/** Returns the session as of the request. Throws `Backend`, reason `corrupt`, if the bridge did not write it. */
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

/** Returns the session with other data and the remaining ttl. */
export function withData({ session, expiresAtMs, isOverdue }: LoadedSession, data: unknown): BridgedSession {
  const nowMs = Date.now()
  const { originalMaxAge } = session.cookie
  // A store that still has the session after the expiry in its cookie was touched without writing the new expiry into
  // the session, or rounds up. Restart the ttl, as express-session does with each save.
  const leftMs = isOverdue ? (originalMaxAge ?? 1) : Math.max(1, expiresAtMs - nowMs)
  return { ...session, cookie: new BridgedCookie(nowMs + leftMs, leftMs), data }
}

/** Returns the session with a ttl of `ttlMs` milliseconds from now. */
export function withLife({ session }: LoadedSession, ttlMs: number): BridgedSession {
  return { ...session, cookie: new BridgedCookie(Date.now() + ttlMs, ttlMs) }
}
