import { describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'

export interface LegacyCookieOptions {
  /** Name of the cookie. It may be the same as the manager's own. */
  readonly name: string
  /** `Path` attribute that the cookie was set with. Default: `/`. */
  readonly path?: string | undefined
  /** `Domain` attribute that the cookie was set with. Default: none. */
  readonly domain?: string | undefined
}

export interface SessionCookieOptions {
  /**
   * Name of the cookie, at most 128 characters. The cookie of a guest has `-guest` appended. Default: `__Host-session`, or
   * `__Secure-session` with `domain`. Browsers accept a `__Host-` cookie only from the host itself and over HTTPS, so
   * neither a subdomain nor an attacker on an unencrypted connection can plant it.
   */
  readonly name?: string | undefined
  /**
   * Sets the `Domain` attribute, such as `example.com`: browsers send the cookie to this host and to all of its subdomains.
   * Every one of them receives the session, and can overwrite it or plant another one. So set it only if you trust all of
   * them. Browsers refuse the domain of another host, and a domain that many sites share, such as `github.io`. Default: none,
   * so the cookie is sent only to the host that set it.
   */
  readonly domain?: string | undefined
  /**
   * False: the cookie has no `Max-Age` and ends with the browser (NIST SP 800-63B-4, 5.1), except that of a session with
   * "remember me". Both timeouts stay as they are. A browser that restores its tabs also restores the cookie. Default: true,
   * so the cookie lasts until the absolute timeout.
   */
  readonly persistent?: boolean | undefined
  /**
   * Sets the `Secure` attribute: browsers send the cookie only over HTTPS (and, except Safari, to http://localhost).
   * Default: true. Required by the `__Host-` prefix and its like, by `partitioned` and by `sameSite: 'none'`.
   */
  readonly secure?: boolean | undefined
  /** Sets the `SameSite` attribute. Default: `lax`, which sends the cookie with links from other sites, but not forms. */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** Sets the `Partitioned` attribute (CHIPS): an embedded page gets one cookie per top-level site. Default: false. */
  readonly partitioned?: boolean | undefined
  /** Sets the `Priority` attribute: Chromium evicts cookies of a low priority first. Default: absent, which is `medium`. */
  readonly priority?: 'low' | 'medium' | 'high' | undefined
  /**
   * Cookie of the session library that you are migrating from. The store must be able to read its sessions, as
   * `cookieSessions` does with `legacyDecoder`. The cookie is read if the request has no live session under the manager's
   * main cookie, also if iron-session split it into several. It is cleared when its session is migrated, at sign-in and at
   * sign-out. Browsers clear it only if `path` and `domain` are right. Default: none.
   */
  readonly legacy?: LegacyCookieOptions | undefined
}

/** Name and fixed attributes of a cookie. */
export interface CookieAttributes {
  readonly name: string
  readonly path: '/'
  readonly domain?: string
  readonly httpOnly: true
  readonly secure: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly partitioned: boolean
  readonly priority?: 'low' | 'medium' | 'high'
}

const factory = 'createSessionManager'
const maxNameLength = 128
const known = ['name', 'domain', 'persistent', 'secure', 'sameSite', 'partitioned', 'priority', 'legacy']
const sameSites: readonly unknown[] = ['strict', 'lax', 'none']
const priorities: readonly unknown[] = ['low', 'medium', 'high', undefined]

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i
const cookiePath = /^\/[\x20-\x3a\x3c-\x7e]*$/
const securePrefix = /^__(?:host|secure|http)-/i
const hostPrefix = /^__host-/i
const maxDomainLength = 253
// At least two labels, the last one not a number. Browsers refuse a cookie for a top-level domain or for another IP address.
const siteName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

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

/** Returns the options with their defaults. Throws a `TypeError` for a wrong option. */
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

function checkDomain(domain: string, name: string): void {
  if (typeof domain !== 'string' || domain.length > maxDomainLength || !siteName.test(domain)) {
    fail('domain', 'a domain without a leading dot, a scheme or a port, such as example.com', describeName(domain))
  }
  if (!hostPrefix.test(name)) return
  const advice = 'Leave out cookie.name, or begin it with __Secure-.'
  throw new TypeError(
    `${factory}: option cookie.domain is set, but browsers refuse it for a cookie named ${name}. ${advice}`,
  )
}

/** Returns the attributes with their defaults. Throws a `TypeError` for a wrong option or one that browsers would refuse. */
export function checkCookieOptions(options: SessionCookieOptions = {}): CookieAttributes {
  rejectUnknownOptions(`${factory}: option cookie`, options, known)
  const { domain, secure = true, sameSite = 'lax', partitioned = false, priority } = options
  const { name = domain === undefined ? '__Host-session' : '__Secure-session' } = options
  checkName('name', name)
  if (domain !== undefined) checkDomain(domain, name)
  if (typeof secure !== 'boolean') fail('secure', 'a boolean', describeType(secure))
  if (typeof partitioned !== 'boolean') fail('partitioned', 'a boolean', describeType(partitioned))
  if (!sameSites.includes(sameSite)) fail('sameSite', "'strict', 'lax' or 'none'", describeType(sameSite))
  if (!priorities.includes(priority)) fail('priority', "'low', 'medium' or 'high'", describeType(priority))
  const flags = { path: '/', httpOnly: true, secure, sameSite, partitioned } as const
  const place = domain === undefined ? undefined : { domain: domain.toLowerCase() }
  const attributes = { name, ...flags, ...place, ...(priority !== undefined && { priority }) }
  const demands = whatDemandsSecure(attributes)
  if (!secure && demands !== undefined) {
    throw new TypeError(`${factory}: option cookie.secure is false, but browsers refuse ${demands} that is not Secure.`)
  }
  return attributes
}

/** Returns the option `persistent`. Throws a `TypeError` for a wrong one. */
export function checkPersistent({ persistent = true }: SessionCookieOptions = {}): boolean {
  if (typeof persistent !== 'boolean') fail('persistent', 'a boolean', describeType(persistent))
  return persistent
}
