import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'
import type { CookieAttributes, LegacyCookieOptions } from './cookie-options.js'
import type { CookieToSet } from './set-cookie.js'
import { cookieToRemove } from './set-cookie.js'

/** Legacy cookie of a request. */
export interface LegacyCookieValues {
  /** Values of the whole cookie and of a cookie in parts. Excludes the whole cookie if it has the manager's own name. */
  readonly ids: readonly SessionId[]
  /** Names of the cookie and of its parts that the request has. */
  readonly names: readonly string[]
}

/**
 * Cookie of the library that the app is migrating from. It is read after the manager's main cookie, and cleared when a
 * session of the manager replaces its session.
 */
export interface LegacyCookie {
  /** Names of the cookie and of its parts. */
  readonly names: readonly string[]
  /** Picks the legacy cookie from the cookies of a request, given by name. */
  read(cookies: ReadonlyMap<string, string>): LegacyCookieValues
  /**
   * Returns cookies that remove the cookie and the parts that the request has. With `always`, also removes a
   * cookie that the request does not have, because another path of the site may have it.
   */
  clear(values: LegacyCookieValues, always: boolean): readonly CookieToSet[]
}

// iron-session 9 splits a long cookie into at most four parts.
const maxParts = 4

/** Joins the parts up to the first missing one. */
function join(parts: readonly (string | undefined)[]): string {
  const end = parts.findIndex((part) => part === undefined || part === '')
  return (end === -1 ? parts : parts.slice(0, end)).join('')
}

export function createLegacyCookie(
  attributes: CookieAttributes,
  { name, path = '/', domain }: LegacyCookieOptions,
): LegacyCookie {
  const partNames = Array.from({ length: maxParts }, (_, index) => `${name}.${index}`)
  const hasOwnName = name === attributes.name
  // If browsers treat both as one cookie, setting the manager's replaces the legacy one.
  const isOwnCookie = hasOwnName && path === '/' && domain?.toLowerCase() === attributes.domain

  const { name: _, domain: __, ...flags } = attributes
  const place = { ...flags, path, ...(domain !== undefined && { domain }) }
  const names = [name, ...partNames]

  return {
    names,
    read(cookies) {
      const whole = hasOwnName ? '' : (cookies.get(name) ?? '')
      const values = [whole, join(partNames.map((partName) => cookies.get(partName)))]
      return {
        ids: values.filter((value) => value !== '').map(asSessionId),
        names: names.filter((cookieName) => cookies.has(cookieName)),
      }
    },

    clear({ names: present }, always) {
      const cleared = new Set(always ? [name, ...present] : present)
      if (isOwnCookie) cleared.delete(name)
      return Array.from(cleared, (cookieName) => cookieToRemove(cookieName, place))
    },
  }
}
