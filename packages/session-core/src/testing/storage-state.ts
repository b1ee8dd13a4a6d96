import type { SessionManager } from '../manager/session-manager.js'
import { signIn } from './signed-in-cookie.js'

/** Cookie in the format of Playwright. */
export interface StorageStateCookie {
  name: string
  value: string
  /** Host of the cookie. Begins with a dot if the cookie is also sent to subdomains. */
  domain: string
  path: string
  /** Time at which the cookie expires, in seconds since 1970, or -1 if it ends with the browser. */
  expires: number
  httpOnly: boolean
  secure: boolean
  sameSite: 'Strict' | 'Lax' | 'None'
}

/** Value of Playwright's option `storageState`. */
export interface StorageState {
  cookies: StorageStateCookie[]
  origins: []
}

const sameSites = { strict: 'Strict', lax: 'Lax', none: 'None' } as const

/**
 * Stores a session of the user, for tests in a browser. Resolves to the value of Playwright's option `storageState`, whose
 * cookie the browser sends to the host of `url`. Rejects as `signedInCookie` does, and with a `TypeError` if `url` is not
 * absolute.
 */
export async function signedInStorageState<Data extends object>(
  sessions: SessionManager<Data>,
  url: string,
  userId: string,
  data: Partial<Data> = {},
): Promise<StorageState> {
  const { hostname } = new URL(url)
  const cookie = await signIn(sessions, userId, data)
  const { name, value = '', path = '/', maxAge, secure = false, sameSite } = cookie
  const domain = cookie.domain === undefined ? hostname : `.${cookie.domain}`
  const expires = maxAge === undefined ? -1 : Math.floor(Date.now() / 1000) + maxAge
  const site = sameSites[sameSite as keyof typeof sameSites]
  return { cookies: [{ name, value, domain, path, expires, httpOnly: true, secure, sameSite: site }], origins: [] }
}
