import { SessionError } from '@bext/session-core'
import { checkPositiveInteger, describeType, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { defaults, unseal } from 'iron-webcrypto'
import type { LegacySession, LegacyDecoder } from './legacy/legacy.js'
import { canonical } from './seal/token.js'

export interface IronSessionCookiesOptions {
  /** `password` of your iron-session options: a string, or an object of strings by number. */
  readonly password: string | Readonly<Record<string, string>>
  /**
   * Returns the user id from the data of an iron-session cookie, or undefined or null for an anonymous session. If it
   * throws, the cookie holds no session. Default: all sessions are anonymous.
   */
  readonly userIdOf?: ((data: object) => string | null | undefined) | undefined
  /**
   * Time until which cookies without an expiry are opened, in milliseconds since 1970. iron-session creates such
   * cookies with `ttl: 0`, and version 9 also with `cookieOptions: { maxAge: undefined }`. Default: they are rejected.
   */
  readonly neverExpiringUntilMs?: number | undefined
}

const factory = 'ironSessionCookies'
const known = ['password', 'userIdOf', 'neverExpiringUntilMs']
const minPasswordLength = 32

// Fe26.2*passwordId*salt*iv*ciphertext*expiresAtMs*salt*mac~version, in canonical spelling. Nothing may depend on the
// version, because the MAC does not cover it.
const salt = '[\\da-f]{64}'
const { iv, blocks, mac } = canonical
const ironToken = new RegExp(
  `^(Fe26\\.2\\*(\\w{0,64})\\*${salt}\\*${iv}\\*${blocks}\\*([1-9]\\d{0,15})?\\*${salt}\\*(${mac}))(?:~2)?$`,
)

function isTooShort(password: unknown): boolean {
  return typeof password !== 'string' || password.length < minPasswordLength
}

function checkPasswords(password: unknown): ReadonlyMap<string, string> {
  const entries = typeof password === 'string' ? { 1: password } : password
  if (typeof entries !== 'object' || entries === null) {
    throw new TypeError(
      `${factory}: option password must be a string or an object of strings, but it is ${describeType(password)}.`,
    )
  }
  const passwords = new Map<string, string>(Object.entries(entries))
  if (passwords.size === 0 || [...passwords.values()].some(isTooShort)) {
    throw new TypeError(
      `${factory}: option password must be one or more strings, each of at least ${minPasswordLength} characters.`,
    )
  }
  return passwords
}

function tampered(): SessionError {
  return new SessionError('tampered', 'The iron-session cookie fails its integrity check.')
}

async function unsealText(token: string, passwordId: string, password: string): Promise<string> {
  // iron-webcrypto must not check the expiry: the store does, once the MAC is verified.
  const options = { ...defaults, decode: String, localtimeOffsetMsec: Number.NEGATIVE_INFINITY }
  try {
    return (await unseal(token, { [passwordId || 'default']: password }, options)) as string
  } catch {
    throw tampered()
  }
}

function parseData(text: string): object {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new SessionError('malformed', 'The data of the iron-session cookie is not JSON.')
  }
  if (typeof data === 'object' && data !== null) return data
  throw new SessionError('malformed', 'The data of the iron-session cookie is not an object.')
}

function userIdIn(data: object, userIdOf: (data: object) => unknown): string | undefined {
  let userId: unknown
  try {
    userId = userIdOf(data)
  } catch (cause) {
    throw new SessionError(
      'malformed',
      'The option userIdOf threw an error for the data of this session. See the cause.',
      {
        cause,
      },
    )
  }
  if (userId === undefined || userId === null) return undefined
  if (typeof userId === 'string') return userId
  // The option is wrong, and for every visitor. So this is an error, rather than a cookie without a session.
  const given = typeof userId === 'number' ? 'a number' : describeType(userId)
  throw new SessionError('failed', `${factory}: userIdOf must return a string, undefined or null, but it is ${given}.`)
}

/**
 * Creates a `legacyDecoder` that opens the cookies of iron-session 8 and 9, so that a site can migrate without signing
 * anyone out. Opening one costs what it cost in iron-session, two key derivations from the password, until the session
 * is sealed again. Throws a `TypeError` for a wrong option.
 */
export function ironSessionCookies(options: IronSessionCookiesOptions): LegacyDecoder {
  rejectUnknownOptions(factory, options, known)
  const { password, userIdOf, neverExpiringUntilMs } = options
  const passwords = checkPasswords(password)
  if (userIdOf !== undefined && typeof userIdOf !== 'function') {
    throw new TypeError(`${factory}: option userIdOf must be a function, but it is ${describeType(userIdOf)}.`)
  }
  if (neverExpiringUntilMs !== undefined) checkPositiveInteger(factory, 'neverExpiringUntilMs', neverExpiringUntilMs)

  return async (cookie): Promise<LegacySession | undefined> => {
    const [, token, passwordId = '', expiry, familyId] = ironToken.exec(cookie) ?? []
    if (token === undefined || familyId === undefined) return undefined
    const passwordOfToken = passwords.get(passwordId)
    if (passwordOfToken === undefined) {
      throw new SessionError(
        'unknown_key',
        'The iron-session cookie was sealed with a password that is not in the option password.',
      )
    }
    const dataJson = await unsealText(token, passwordId, passwordOfToken)
    const data = parseData(dataJson)
    const expiresAtMs = expiry === undefined ? neverExpiringUntilMs : Number(expiry)
    if (expiresAtMs === undefined) {
      throw new SessionError('malformed', 'The iron-session cookie has no expiry (option neverExpiringUntilMs).')
    }
    return { userId: userIdOf && userIdIn(data, userIdOf), dataJson, expiresAtMs, familyId }
  }
}
