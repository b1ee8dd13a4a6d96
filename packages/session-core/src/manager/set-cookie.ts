import { stringifySetCookie } from 'cookie'

/** Attributes of a cookie, spelled as in the cookie objects of frameworks. */
export interface SetCookieAttributes {
  readonly path: string
  readonly domain?: string
  readonly httpOnly: true
  readonly secure: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly partitioned: boolean
  readonly priority?: 'low' | 'medium' | 'high'
  /** Time until the cookie expires, in seconds. 0 removes the cookie. Absent: the cookie ends with the browser. */
  readonly maxAge?: number
  /** Set only on a cookie that is removed, to 1970. */
  readonly expires?: Date
}

/** A cookie that the response sets or removes. */
export interface CookieToSet {
  readonly name: string
  /** Id of the session, or an empty string if the cookie is removed. */
  readonly value: string
  readonly attributes: SetCookieAttributes
  /** Value of the `Set-Cookie` header. */
  readonly header: string
}

export const withoutCoding = (value: string): string => value

export function cookieToSet(name: string, value: string, attributes: SetCookieAttributes): CookieToSet {
  return {
    name,
    value,
    attributes,
    header: stringifySetCookie({ ...attributes, name, value }, { encode: withoutCoding }),
  }
}

/** Returns the attributes as in a `Set-Cookie` header. */
export function attributesText(attributes: Omit<SetCookieAttributes, 'maxAge'>): string {
  return stringifySetCookie({ ...attributes, name: 'name', value: '' }).slice('name=; '.length)
}

/** Returns a cookie that removes the one of this name. */
export function cookieToRemove(name: string, attributes: Omit<SetCookieAttributes, 'maxAge'>): CookieToSet {
  // With `expires` too, because servers that rewrite the header, such as Next.js, drop a Max-Age of 0.
  return cookieToSet(name, '', { ...attributes, maxAge: 0, expires: new Date(0) })
}

/** Returns the values of the `Set-Cookie` headers. */
export const headersOf = (cookies: readonly CookieToSet[]): readonly string[] => cookies.map(({ header }) => header)
