import { describeType, rejectUnknownOptions } from '../check-option.js'

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
const known = ['name', 'secure', 'sameSite', 'partitioned', 'priority']
const sameSites: readonly unknown[] = ['strict', 'lax', 'none']
const priorities: readonly unknown[] = ['low', 'medium', 'high', undefined]

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
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

/** The attributes, with the defaults. Throws a `TypeError` for a wrong option, and for what browsers would refuse. */
export function checkCookieOptions(options: SessionCookieOptions = {}): CookieAttributes {
  rejectUnknownOptions(`${factory}: option cookie`, options, known)
  const { name = '__Host-session', secure = true, sameSite = 'lax', partitioned = false, priority } = options
  if (typeof name !== 'string' || !token.test(name) || name.length > maxNameLength) {
    fail('name', `1 to ${maxNameLength} letters, digits, or characters of !#$%&'*+-.^_\`|~`, describeName(name))
  }
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
