import { parseCookie, stringifySetCookie } from 'cookie'
import { SessionError } from '../contract/errors.js'
import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'
import type { CookieAttributes, SessionCookieOptions } from './cookie-options.js'
import { checkCookieOptions, checkLegacyCookie } from './cookie-options.js'
import type { LegacyCookie } from './legacy-cookie.js'
import { createLegacyCookie } from './legacy-cookie.js'

/** What the manager needs of a cookie: the ids that a request brings, and the `Set-Cookie` values that answer it. */
export interface SessionCookie {
  /** The values that the header has under the cookie's name, in its order, each once, at most five. */
  candidates(cookieHeader: string): readonly SessionId[]
  /** A `Set-Cookie` value for a life of at least a millisecond. Throws `Invalid`, reason `too_large`, where it has more than 4096 bytes. */
  write(id: SessionId, lifeMs: number): string
  /** A `Set-Cookie` value that removes the cookie. */
  clear(): string
}

/**
 * A sign-in writes another cookie than the requests before it: a response of one of those that comes late can then not
 * put the session of a guest in its place.
 */
export interface SessionCookies {
  /** Of sessions that `signIn` or `rotate` made. */
  readonly main: SessionCookie
  /** Of sessions that began by themselves, when data changed. */
  readonly guest: SessionCookie
  /** Of sessions from before, if there are any. */
  readonly legacy: LegacyCookie | undefined
}

const maxCandidates = 5

// RFC 6265 asks browsers to take 4096 bytes of name, value and attributes. RFC 6265bis and Chromium count name plus value
// only, and drop what is larger without a word to the server.
const maxSetCookieBytes = 4096

const cookieOctets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/

const asItIs = (value: string): string => value

function createSessionCookie(attributes: CookieAttributes): SessionCookie {
  const { name } = attributes
  return {
    candidates(cookieHeader) {
      const found = new Set<string>()
      // The library keeps the first of several cookies with one name, so it gets them one by one.
      for (const pair of cookieHeader.split(';')) {
        const value = parseCookie(pair, { decode: asItIs })[name]
        if (value) found.add(value)
        if (found.size === maxCandidates) break
      }
      return Array.from(found, asSessionId)
    },

    write(id, lifeMs) {
      // The library's own message would quote the id.
      if (!cookieOctets.test(id)) {
        throw new SessionError('corrupt', 'The store resolved to an id that a cookie cannot hold (contract C4).')
      }
      const maxAge = Math.ceil(lifeMs / 1000)
      const setCookie = stringifySetCookie({ ...attributes, value: id, maxAge }, { encode: asItIs })
      if (setCookie.length > maxSetCookieBytes) {
        const message = `The Set-Cookie line would have ${setCookie.length} bytes; the limit is ${maxSetCookieBytes}.`
        throw new SessionError('too_large', `${message} Keep less in the session, or use a server-backed store.`)
      }
      return setCookie
    },

    // Some servers that write the header again, such as Next.js, drop a Max-Age of 0.
    clear: () => stringifySetCookie({ ...attributes, value: '', maxAge: 0, expires: new Date(0) }),
  }
}

/** Throws a `TypeError` for a wrong option. */
export function createSessionCookies(options?: SessionCookieOptions): SessionCookies {
  const attributes = checkCookieOptions(options)
  return {
    main: createSessionCookie(attributes),
    guest: createSessionCookie({ ...attributes, name: `${attributes.name}-guest` }),
    legacy: options?.legacy && createLegacyCookie(attributes, checkLegacyCookie(options.legacy)),
  }
}
