import { parseCookie } from 'cookie'
import { SessionError } from '../contract/errors.js'
import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'
import type { CookieAttributes, SessionCookieOptions } from './cookie-options.js'
import { checkCookieOptions, checkLegacyCookie, checkPersistent } from './cookie-options.js'
import type { LegacyCookie, LegacyCookieValues } from './legacy-cookie.js'
import { createLegacyCookie } from './legacy-cookie.js'
import type { CookieToSet } from './set-cookie.js'
import { attributesText, cookieToRemove, cookieToSet, withoutCoding } from './set-cookie.js'

/** Session cookie of one name. */
export interface SessionCookie {
  /**
   * Returns a cookie that expires after `ttlMs`, rounded up to a second, or that ends with the browser if it is not
   * persistent and the session has no "remember me". Throws `Invalid`, reason `too_large`, if its header has more than 4096
   * bytes.
   */
  write(id: SessionId, ttlMs: number, isRemembered: boolean): CookieToSet
  /** Returns a cookie that removes this one. */
  clear(): CookieToSet
}

/** Cookie that proves the device of a bound session. */
export interface BoundSessionCookie {
  readonly name: string
  /** Attributes as in a `Set-Cookie` header, without `Max-Age`. */
  readonly attributes: string
  /** Returns a cookie that expires after `maxAge` seconds. 0 removes it. */
  write(value: string, maxAge: number): CookieToSet
}

export type CookiePair = readonly [name: string, value: string]

/** Session ids in the cookies of a request: for each name in the order of the header, without duplicates, at most five. */
export interface RequestCookies {
  readonly main: readonly SessionId[]
  readonly guest: readonly SessionId[]
  readonly legacy: LegacyCookieValues | undefined
  /** Values of the bound cookie, at most five. */
  readonly bound: readonly string[]
}

/**
 * Cookies of a manager. Signed-in sessions and guests have separate names, so that a late response to a request from
 * before a sign-in cannot replace the signed-in session with a guest's.
 */
export interface SessionCookies {
  /** Cookie of sessions that `signIn` or `rotate` created. */
  readonly main: SessionCookie
  /** Cookie of sessions that started because data changed. */
  readonly guest: SessionCookie
  /** Cookie of the library that the app is migrating from, if any. */
  readonly legacy: LegacyCookie | undefined
  /** Cookie of the option `device`. */
  readonly bound: BoundSessionCookie
  /** Names of the cookies that `pick` uses. */
  readonly names: readonly string[]
  /** Parses a `Cookie` header. */
  read(cookieHeader: string): RequestCookies
  /** Picks the session cookies from the names and values of a request's cookies. */
  pick(pairs: readonly CookiePair[]): RequestCookies
}

const maxIdsPerName = 5

// RFC 6265 asks browsers to accept 4096 bytes of name, value and attributes. RFC 6265bis and Chromium count only name plus
// value, and silently drop a larger cookie.
const maxSetCookieBytes = 4096

const cookieOctets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/

/** Returns the names and values in the order of the header. The library keeps only the first cookie of each name. */
function parsePairs(cookieHeader: string): CookiePair[] {
  return cookieHeader
    .split(';')
    .flatMap((pair) => Object.entries(parseCookie(pair, { decode: withoutCoding })) as CookiePair[])
}

function idsNamed(name: string, pairs: readonly CookiePair[]): readonly SessionId[] {
  const ids: SessionId[] = []
  for (const [key, value] of pairs) {
    const id = asSessionId(value)
    if (key === name && value !== '' && ids.length < maxIdsPerName && !ids.includes(id)) ids.push(id)
  }
  return ids
}

function createSessionCookie({ name, ...attributes }: CookieAttributes, isPersistent: boolean): SessionCookie {
  return {
    write(id, ttlMs, isRemembered) {
      // The library's own message would quote the id.
      if (!cookieOctets.test(id)) {
        throw new SessionError('corrupt', 'The store resolved to an id that a cookie cannot hold (contract C4).')
      }
      const life = isPersistent || isRemembered ? { maxAge: Math.ceil(ttlMs / 1000) } : undefined
      const cookie = cookieToSet(name, id, { ...attributes, ...life })
      if (cookie.header.length > maxSetCookieBytes) {
        const message = `The Set-Cookie line would have ${cookie.header.length} bytes; the limit is ${maxSetCookieBytes}.`
        throw new SessionError('too_large', `${message} Keep less in the session, or use a server-backed store.`)
      }
      return cookie
    },

    clear: () => cookieToRemove(name, attributes),
  }
}

// Always with a Max-Age: browsers renew the proof of the device once this cookie has expired.
function createBoundCookie({ name, ...attributes }: CookieAttributes): BoundSessionCookie {
  return {
    name,
    attributes: attributesText(attributes),
    write: (value, maxAge) =>
      maxAge > 0 ? cookieToSet(name, value, { ...attributes, maxAge }) : cookieToRemove(name, attributes),
  }
}

/** Creates the cookies of a manager. Throws a `TypeError` for a wrong option. */
export function createSessionCookies(options?: SessionCookieOptions, isDeviceUsed = false): SessionCookies {
  const attributes = checkCookieOptions(options)
  const isPersistent = checkPersistent(options)
  const guestAttributes = { ...attributes, name: `${attributes.name}-guest` }
  const bound = createBoundCookie({ ...attributes, name: `${attributes.name}-bound` })
  const legacy = options?.legacy && createLegacyCookie(attributes, checkLegacyCookie(options.legacy))

  function pick(pairs: readonly CookiePair[]): RequestCookies {
    return {
      main: idsNamed(attributes.name, pairs),
      guest: idsNamed(guestAttributes.name, pairs),
      // The first of several values of one name counts.
      legacy: legacy?.read(new Map(pairs.toReversed())),
      bound: isDeviceUsed ? idsNamed(bound.name, pairs) : [],
    }
  }

  return {
    main: createSessionCookie(attributes, isPersistent),
    guest: createSessionCookie(guestAttributes, isPersistent),
    legacy,
    bound,
    // Without duplicates, because the legacy cookie may have the name of the main one.
    names: [
      ...new Set([
        attributes.name,
        guestAttributes.name,
        ...(isDeviceUsed ? [bound.name] : []),
        ...(legacy?.names ?? []),
      ]),
    ],
    read: (cookieHeader) => pick(parsePairs(cookieHeader)),
    pick,
  }
}
