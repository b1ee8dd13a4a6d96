import { describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'

export interface LegacyCookieOptions {
  /** The name that the cookie has. It may be the name of ours. */
  readonly name: string
  /** The `Path` that the cookie was set with. Default: `/`. */
  readonly path?: string | undefined
  /** The `Domain` that the cookie was set with. Default: none. */
  readonly domain?: string | undefined
}

export interface SessionCookieOptions {
  /**
   * The cookie's name, at most 128 characters; sessions of visitors who have not signed in have `-guest` behind it.
   * Default: `__Host-session`. Browsers take a `__Host-` cookie only from the host itself, so that no subdomain and no
   * one on an unencrypted connection can plant one.
   */
  readonly name?: string | undefined
  /**
   * Whether browsers send it over HTTPS (and, but for Safari, to http://localhost) only. Default: true; the prefixes,
   * `partitioned` and `sameSite: 'none'` demand it.
   */
  readonly secure?: boolean | undefined
  /** Whether it comes along with requests from other sites. Default: `lax`, with links but not with forms. */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** Whether a page that is embedded in several sites has a cookie of its own in each. Default: false. */
  readonly partitioned?: boolean | undefined
  /** Which cookies Chromium drops last where a site has too many. Default: not said, which is `medium`. */
  readonly priority?: 'low' | 'medium' | 'high' | undefined
  /**
   * The cookie of the sessions from before, which the store opens, such as `cookieSessions` with `legacyDecoder`. It is read
   * where there is no session of ours, also if iron-session split it into several. It is cleared when a session moves, at
   * a sign-in and at a sign-out. Without the right `path` and `domain` browsers do not clear it. Default: none.
   */
  readonly legacy?: LegacyCookieOptions | undefined
}

export interface CookieAttributes {
  readonly name: string
  readonly path: '/'
  readonly httpOnly: true
  readonly secure: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly partitioned: boolean
  readonly priority?: 'low' | 'medium' | 'high'
}

const factory = 'createSessionManager'
const maxNameLength = 128
const known = ['name', 'secure', 'sameSite', 'partitioned', 'priority', 'legacy']
const sameSites: readonly unknown[] = ['strict', 'lax', 'none']
const priorities: readonly unknown[] = ['low', 'medium', 'high', undefined]

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i
const cookiePath = /^\/[\x20-\x3a\x3c-\x7e]*$/
const securePrefix = /^__(?:host|secure|http)-/i

function describeName(name: unknown): string {
  return typeof name === 'string' ? `a string of ${name.length} characters` : describeType(name)
}

function fail(option: string, expected: string, given: string): never {
  throw new TypeError(`${factory}: option cookie.${option} must be ${expected}, but it is ${given}.`)
}

function whatDemandsSecure({ name, sameSite, partitioned }: CookieAttributes): string | undefined {
  if (securePrefix.test(name)) return `a cookie named ${name}`
  if (sameSite === 'none') return "a cookie with sameSite 'none'"
  return partitioned ? 'a partitioned cookie' : undefined
}

function checkName(option: string, name: unknown): void {
  if (typeof name === 'string' && token.test(name) && name.length <= maxNameLength) return
  fail(option, `1 to ${maxNameLength} letters, digits, or characters of !#$%&'*+-.^_\`|~`, describeName(name))
}

/** Throws a `TypeError` for a wrong option. */
export function checkLegacyCookie(legacy: LegacyCookieOptions): LegacyCookieOptions {
  rejectUnknownOptions(`${factory}: option cookie.legacy`, legacy, ['name', 'path', 'domain'])
  const { name, path = '/', domain } = legacy
  checkName('legacy.name', name)
  if (typeof path !== 'string' || !cookiePath.test(path)) {
    fail('legacy.path', 'the Path of a cookie, which begins with /', describeName(path))
  }
  if (domain !== undefined && (typeof domain !== 'string' || !hostName.test(domain))) {
    fail('legacy.domain', 'the Domain of a cookie, such as example.com', describeName(domain))
  }
  return { name, path, domain }
}

/** The attributes, with the defaults. Throws a `TypeError` for a wrong option, and for what browsers would refuse. */
export function checkCookieOptions(options: SessionCookieOptions = {}): CookieAttributes {
  rejectUnknownOptions(`${factory}: option cookie`, options, known)
  const { name = '__Host-session', secure = true, sameSite = 'lax', partitioned = false, priority } = options
  checkName('name', name)
  if (typeof secure !== 'boolean') fail('secure', 'a boolean', describeType(secure))
  if (typeof partitioned !== 'boolean') fail('partitioned', 'a boolean', describeType(partitioned))
  if (!sameSites.includes(sameSite)) fail('sameSite', "'strict', 'lax' or 'none'", describeType(sameSite))
  if (!priorities.includes(priority)) fail('priority', "'low', 'medium' or 'high'", describeType(priority))
  const flags = { path: '/', httpOnly: true, secure, sameSite, partitioned } as const
  const attributes = { name, ...flags, ...(priority !== undefined && { priority }) }
  const demands = whatDemandsSecure(attributes)
  if (!secure && demands !== undefined) {
    throw new TypeError(`${factory}: option cookie.secure is false, but browsers refuse ${demands} that is not Secure.`)
  }
  return attributes
}
