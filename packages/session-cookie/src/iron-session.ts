import { SessionError } from '@bext/session-core'
import { checkPositiveInteger, describeType, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { defaults, unseal } from 'iron-webcrypto'
import type { LegacySession, LegacyDecoder } from './legacy/legacy.js'
import { canonical } from './seal/token.js'

export interface IronSessionCookiesOptions {
  /** The `password` of your iron-session options: a string, or strings by their number. */
  readonly password: string | Readonly<Record<string, string>>
  /**
   * The user's id, from the data that iron-session kept: a string, or undefined or null for an anonymous session. If it
   * throws, the cookie holds no session. Default: all sessions are anonymous.
   */
  readonly userIdOf?: ((data: object) => string | null | undefined) | undefined
  /**
   * When cookies without an expiry stop to be opened, in milliseconds since 1970: iron-session makes such cookies with
   * `ttl: 0`, and version 9 also with `cookieOptions: { maxAge: undefined }`. Default: they are refused.
   */
  readonly neverExpiringUntilMs?: number | undefined
}

const factory = 'ironSessionCookies'
const known = ['password', 'userIdOf', 'neverExpiringUntilMs']
const minPasswordLength = 32

// Fe26.2*passwordId*salt*iv*ciphertext*expiresAtMs*salt*mac~version, in canonical spelling. The version is not
// authenticated, so nothing may depend on it.
const salt = '[\\da-f]{64}'
const { iv, blocks, mac } = canonical
const ironSeal = new RegExp(
  `^(Fe26\\.2\\*(\\w{0,64})\\*${salt}\\*${iv}\\*${blocks}\\*([1-9]\\d{0,15})?\\*${salt}\\*(${mac}))(?:~2)?$`,
)

function isTooShort(password: unknown): boolean {
  return typeof password !== 'string' || password.length < minPasswordLength
}

function checkPasswords(password: unknown): ReadonlyMap<string, string> {
  const entries = typeof password === 'string' ? { 1: password } : password
  if (typeof entries !== 'object' || entries === null) {
    throw new TypeError(
      `${factory}: option password must be a string or strings by number, but it is ${describeType(password)}.`,
    )
  }
  const passwords = new Map<string, string>(Object.entries(entries))
  if (passwords.size === 0 || [...passwords.values()].some(isTooShort)) {
    throw new TypeError(
      `${factory}: option password must hold strings of at least ${minPasswordLength} characters, but one is not.`,
    )
  }
  return passwords
}

function tampered(): SessionError {
  return new SessionError('tampered', 'The iron-session cookie fails its integrity check.')
}

async function unsealText(seal: string, passwordId: string, password: string): Promise<string> {
  // The expiry is looked at by the store, after the MAC was verified.
  const options = { ...defaults, decode: String, localtimeOffsetMsec: Number.NEGATIVE_INFINITY }
  try {
    return (await unseal(seal, { [passwordId || 'default']: password }, options)) as string
  } catch {
    throw tampered()
  }
}

function parseData(text: string): object {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new SessionError('malformed', 'The iron-session cookie holds no JSON.')
  }
  if (typeof data === 'object' && data !== null) return data
  throw new SessionError('malformed', 'The iron-session cookie holds no object.')
}

function userIn(data: object, userIdOf: (data: object) => unknown): string | undefined {
  let userId: unknown
  try {
    userId = userIdOf(data)
  } catch (cause) {
    throw new SessionError('malformed', 'The option userIdOf threw at the data of this session. See the cause.', {
      cause,
    })
  }
  if (userId === undefined || userId === null) return undefined
  if (typeof userId === 'string') return userId
  // Not the cookie is wrong but the option, for all visitors: so this is no session that is passed over in silence.
  const given = typeof userId === 'number' ? 'a number' : describeType(userId)
  throw new SessionError('failed', `${factory}: userIdOf must return a string, undefined or null, but it is ${given}.`)
}

/**
 * Opens the cookies of iron-session 8 and 9, for the option `legacyDecoder`, so that a site changes over without signing
 * anyone out. Each costs what it did there, two passwords stretched, until the session is sealed anew.
 * Throws a `TypeError` for a wrong option.
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
    const [, seal, passwordId = '', expiry, familyId] = ironSeal.exec(cookie) ?? []
    if (seal === undefined || familyId === undefined) return undefined
    const found = passwords.get(passwordId)
    if (found === undefined) {
      throw new SessionError('unknown_key', 'The iron-session cookie was sealed with a password that is not given.')
    }
    const dataJson = await unsealText(seal, passwordId, found)
    const data = parseData(dataJson)
    const expiresAtMs = expiry === undefined ? neverExpiringUntilMs : Number(expiry)
    if (expiresAtMs === undefined) {
      throw new SessionError('malformed', 'The iron-session cookie has no expiry (option neverExpiringUntilMs).')
    }
    return { userId: userIdOf && userIn(data, userIdOf), dataJson, expiresAtMs, familyId }
  }
}
