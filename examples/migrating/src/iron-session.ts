import { cookieSessions, type CookieSessionsOptions } from '@bext/session-cookie'
import { ironSessionCookies } from '@bext/session-cookie/iron-session'
import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import type { Visits } from './app.js'

export interface IronOptions {
  /** The `password` of iron-session's options: a string, or strings by number. */
  readonly password: Parameters<typeof ironSessionCookies>[0]['password']
  /** Its `cookieName`. */
  readonly cookieName: string
  /** Its `cookieOptions`, without which browsers do not clear the old cookie. */
  readonly cookieOptions?: { readonly path?: string; readonly domain?: string } | undefined
}

/** Sealed sessions, of which those that iron-session has sealed are ones. */
export function ironSessionManager(
  secrets: CookieSessionsOptions['secrets'],
  { password, cookieName, cookieOptions }: IronOptions,
): SessionManager<Visits> {
  const legacyDecoder = ironSessionCookies({ password, userIdOf: (data) => (data as { userId?: string }).userId })
  return createSessionManager<Visits>({
    store: cookieSessions({ secrets, legacyDecoder }),
    initialData: () => ({ visits: 0 }),
    cookie: { legacy: { name: cookieName, path: cookieOptions?.path, domain: cookieOptions?.domain } },
  })
}
