import { parseCookie, stringifySetCookie } from 'cookie'
import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'
import type { CookieAttributes, LegacyCookieOptions } from './cookie-options.js'

/** The cookie of the sessions from before: read after ours, and cleared when a session of ours takes its place. */
export interface LegacyCookie {
  /** The values that the header has, of the whole cookie and of one in parts. Values under our own name are left out. */
  candidates(cookieHeader: string): readonly SessionId[]
  /**
   * The `Set-Cookie` values that remove the cookie and its parts, as far as the header has them. With `always`, also the
   * cookie itself where the header has none, because another path of the site may have it.
   */
  clear(cookieHeader: string, always: boolean): readonly string[]
}

// iron-session 9 splits a cookie that is too long into at most four.
const maxParts = 4

const asItIs = (value: string): string => value

/** Joins the parts up to the first that is missing. */
function join(parts: readonly (string | undefined)[]): string {
  const end = parts.findIndex((part) => part === undefined || part === '')
  return (end === -1 ? parts : parts.slice(0, end)).join('')
}

export function createLegacyCookie(
  attributes: CookieAttributes,
  { name, path = '/', domain }: LegacyCookieOptions,
): LegacyCookie {
  const partNames = Array.from({ length: maxParts }, (_, index) => `${name}.${index}`)
  const isOurName = name === attributes.name
  // Ours takes its place by itself, where browsers take both for one cookie.
  const isOurCookie = isOurName && path === '/' && domain === undefined

  function removal(cookieName: string): string {
    const place = { name: cookieName, path, ...(domain !== undefined && { domain }) }
    return stringifySetCookie({ ...attributes, ...place, value: '', maxAge: 0, expires: new Date(0) })
  }

  return {
    candidates(cookieHeader) {
      const values = parseCookie(cookieHeader, { decode: asItIs })
      const whole = isOurName ? '' : (values[name] ?? '')
      const found = [whole, join(partNames.map((partName) => values[partName]))]
      return found.filter((value) => value !== '').map(asSessionId)
    },

    clear(cookieHeader, always) {
      const values = parseCookie(cookieHeader, { decode: asItIs })
      const isWholeThere = always || values[name] !== undefined
      const names = partNames.filter((partName) => values[partName] !== undefined)
      return (isWholeThere && !isOurCookie ? [name, ...names] : names).map(removal)
    },
  }
}
