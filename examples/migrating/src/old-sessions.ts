import { promisify } from 'node:util'
import { parseCookie } from 'cookie'
import { unsign } from 'cookie-signature'
import type { SessionData, Store } from 'express-session'

/** The options of express-session or @fastify/session in the old app. */
export interface OldSessionsOptions {
  /** Old store: connect-redis, connect-pg-simple, or any other of express-session. */
  readonly store: Store
  /** Every secret that may have signed a cookie that is still in use. */
  readonly secrets: readonly string[]
  /** `name` of express-session, by default `connect.sid`, or `cookieName` of @fastify/session, by default `sessionId`. */
  readonly cookieName: string
}

/** An unexpired session of the old app. */
export interface OldSession {
  readonly data: SessionData
  /** Deletes the session from the old store. */
  end(): Promise<void>
}

/** The part of an old session that the new session keeps. */
export interface MigratedSession<Data> {
  readonly data: Data
  /** Undefined for a guest. */
  readonly userId: string | undefined
}

function oldIdOf({ secrets, cookieName }: OldSessionsOptions, cookieHeader: string): string | undefined {
  const value = parseCookie(cookieHeader)[cookieName]
  if (value === undefined) return undefined
  // express-session puts `s:` before the signed id, and @fastify/session its option `cookiePrefix`, if it has one.
  const signed = value.startsWith('s:') ? value.slice(2) : value
  for (const secret of secrets) {
    const id = unsign(signed, secret)
    if (id !== false) return id
  }
  return undefined
}

/**
 * Resolves to the session that the cookie names. Resolves to undefined without a cookie, with a wrong signature, or if
 * the session has ended.
 */
export async function openOldSession(
  options: OldSessionsOptions,
  cookieHeader: string = '',
): Promise<OldSession | undefined> {
  const { store } = options
  const id = oldIdOf(options, cookieHeader)
  if (id === undefined) return undefined
  const get = promisify((done: (error: unknown, data?: SessionData | null) => void) => store.get(id, done))
  const data = await get()
  if (!data) return undefined
  return { data, end: promisify((done: (error: unknown) => void) => store.destroy(id, done)) }
}
