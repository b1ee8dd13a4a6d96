import { promisify } from 'node:util'
import { parseCookie } from 'cookie'
import { unsign } from 'cookie-signature'
import type { SessionData, Store } from 'express-session'

/** The options of express-session in the old app. */
export interface OldSessionsOptions {
  /** Store of express-session: connect-redis, connect-pg-simple, or any other. */
  readonly store: Store
  /** Every secret that may have signed a cookie that is still in use. */
  readonly secrets: readonly string[]
  /** `name` of express-session's options, whose default is `connect.sid`. */
  readonly cookieName: string
}

/** An unexpired session of express-session. */
export interface OldSession {
  readonly data: SessionData
  /** Deletes the session from the old store. */
  end(): Promise<void>
}

function oldIdOf({ secrets, cookieName }: OldSessionsOptions, cookieHeader: string): string | undefined {
  const value = parseCookie(cookieHeader)[cookieName]
  if (value?.startsWith('s:') !== true) return undefined
  for (const secret of secrets) {
    const id = unsign(value.slice(2), secret)
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
