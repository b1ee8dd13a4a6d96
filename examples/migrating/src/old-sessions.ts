import { promisify } from 'node:util'
import { parseCookie } from 'cookie'
import { unsign } from 'cookie-signature'
import type { SessionData, Store } from 'express-session'

/** What express-session was set up with. */
export interface OldSessionsOptions {
  /** The store as it was: connect-redis, connect-pg-simple, or any other. */
  readonly store: Store
  /** All secrets that may have signed a cookie that is still in use. */
  readonly secrets: readonly string[]
  /** Its `name`, by its default `connect.sid`. */
  readonly cookieName: string
}

/** A live session of express-session. */
export interface OldSession {
  readonly data: SessionData
  /** Ends it in its own store. */
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

/** The session that the header names, or undefined: of no cookie, of one that nobody signed, of a session that ended. */
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
