import { cookieSessions, type CookieSessionsOptions } from '@bext/session-cookie'
import { ironSessionCookies } from '@bext/session-cookie/iron-session'
import { createSessionManager, type SessionManager } from '@bext/session-core/manager'
import type { Visits } from './app.js'

export interface IronOptions {
  /** `password` of iron-session's options: a string, or an object of strings by number. */
  readonly password: Parameters<typeof ironSessionCookies>[0]['password']
  /** `cookieName` of iron-session's options. */
  readonly cookieName: string
  /** `cookieOptions` of iron-session's options. Without them, browsers do not clear the old cookie. */
  readonly cookieOptions?: { readonly path?: string; readonly domain?: string } | undefined
}

/** Creates a manager of sealed sessions that also opens the cookies of iron-session. */
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
