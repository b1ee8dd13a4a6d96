import { parseCookie, stringifySetCookie } from 'cookie'
import { describeType, rejectUnknownOptions } from '../check-option.js'
import { SessionError } from '../error.js'
import type { SessionId } from '../plugin.js'
import { asSessionId } from '../plugin.js'

export interface SessionCookieOptions {
  /**
   * The cookie's name, at most 128 characters. Default: `__Host-session`. Browsers take a `__Host-` cookie only from
   * the host itself, so that no subdomain and no one on an unencrypted connection can plant one.
   */
  readonly name?: string | undefined
  /** Whether browsers send it over HTTPS (and to localhost) only. Default: true; the prefixes and `none` demand it. */
  readonly secure?: boolean | undefined
  /** Whether it comes along with requests from other sites. Default: `lax`, with links but not with forms. */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
}

/** What the manager needs of a cookie: the ids that a request brings, and the `Set-Cookie` values that answer it. */
export interface SessionCookie {
  /** The values that the header has under the cookie's name, in its order, each once, at most five. */
  candidates(cookieHeader: string): readonly SessionId[]
  /** A `Set-Cookie` value. Throws `Invalid`, reason `too_large`, where it has more than 4096 bytes. */
  write(id: SessionId, lifeMs: number): string
  /** A `Set-Cookie` value that removes the cookie. */
  clear(): string
}

const factory = 'createSessionManager'
const maxCandidates = 5
const maxNameLength = 128
const sameSites: readonly unknown[] = ['strict', 'lax', 'none']

// RFC 6265bis has browsers drop larger cookies, or cut them, without a word to the server.
const maxSetCookieBytes = 4096

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const cookieOctets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/
const securePrefix = /^__(?:host|secure)-/i

const asItIs = (value: string): string => value

interface CheckedOptions {
  readonly name: string
  readonly secure: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
}

function checkCookieOptions(options: SessionCookieOptions): CheckedOptions {
  rejectUnknownOptions(`${factory}: option cookie`, options, ['name', 'secure', 'sameSite'])
  const { name = '__Host-session', secure = true, sameSite = 'lax' } = options
  if (typeof name !== 'string' || !token.test(name) || name.length > maxNameLength) {
    const expected = `1 to ${maxNameLength} letters, digits, or characters of !#$%&'*+-.^_\`|~`
    throw new TypeError(`${factory}: option cookie.name must be ${expected}, but it is ${describeName(name)}.`)
  }
  if (typeof secure !== 'boolean') {
    throw new TypeError(`${factory}: option cookie.secure must be a boolean, but it is ${describeType(secure)}.`)
  }
  if (!sameSites.includes(sameSite)) {
    const expected = "'strict', 'lax' or 'none'"
    throw new TypeError(`${factory}: option cookie.sameSite must be ${expected}, but it is ${describeType(sameSite)}.`)
  }
  if (!secure && (securePrefix.test(name) || sameSite === 'none')) {
    const what = sameSite === 'none' ? "a cookie with sameSite 'none'" : `a cookie named ${name}`
    throw new TypeError(`${factory}: option cookie.secure is false, but browsers refuse ${what} that is not Secure.`)
  }
  return { name, secure, sameSite }
}

function describeName(name: unknown): string {
  return typeof name === 'string' ? `a string of ${name.length} characters` : describeType(name)
}

/** Throws a `TypeError` for a wrong option. */
export function createSessionCookie(options: SessionCookieOptions = {}): SessionCookie {
  const { name, secure, sameSite } = checkCookieOptions(options)
  const attributes = { name, path: '/', httpOnly: true, secure, sameSite }

  return {
    candidates(cookieHeader: string): readonly SessionId[] {
      const found = new Set<string>()
      // The library keeps the first of several cookies with one name, so it gets them one by one.
      for (const pair of cookieHeader.split(';')) {
        const value = parseCookie(pair, { decode: asItIs })[name]
        if (value) found.add(value)
        if (found.size === maxCandidates) break
      }
      return Array.from(found, asSessionId)
    },

    write(id: SessionId, lifeMs: number): string {
      // The library's own message would quote the id.
      if (!cookieOctets.test(id)) {
        throw new SessionError('corrupt', 'The store resolved to an id that a cookie cannot hold (contract C4).')
      }
      const maxAge = Math.max(1, Math.ceil(lifeMs / 1000))
      const setCookie = stringifySetCookie({ ...attributes, value: id, maxAge }, { encode: asItIs })
      if (setCookie.length > maxSetCookieBytes) {
        const message = `The session cookie would have ${setCookie.length} bytes; browsers take ${maxSetCookieBytes}.`
        throw new SessionError('too_large', `${message} Keep less in the session, or use a server-backed store.`)
      }
      return setCookie
    },

    clear(): string {
      return stringifySetCookie({ ...attributes, value: '', maxAge: 0 })
    },
  }
}
