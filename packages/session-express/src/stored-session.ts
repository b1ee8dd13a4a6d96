import type { SessionRecord } from '@bext/session-core'

/** The fields of a cookie that matter here. It may have others. */
interface CookieFields {
  readonly expires?: unknown
  readonly originalExpires?: unknown
  readonly maxAge?: unknown
  readonly originalMaxAge?: unknown
  readonly toJSON?: unknown
}

/** A session as the host passes it to the store. */
export interface HostSession {
  readonly cookie: CookieFields
}

/** The data of a session, as the host receives it from the store. */
export interface LoadedData {
  readonly cookie: CookieFields
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the fields of a cookie of express-session or @fastify/session, or of a plain object. */
function fieldsOf(cookie: CookieFields): CookieFields {
  if (typeof cookie.toJSON !== 'function') return cookie
  const fields: unknown = Reflect.apply(cookie.toJSON, cookie, [])
  return isObject(fields) ? fields : {}
}

function timeOf(date: unknown): number | undefined {
  if (!(date instanceof Date) && typeof date !== 'string') return undefined
  const ms = new Date(date).getTime()
  return Number.isNaN(ms) ? undefined : ms
}

/** Returns the expiry of the session's cookie, in milliseconds of this process' clock; `undefined` if it has none. */
export function expiryOf({ cookie }: HostSession): number | undefined {
  return timeOf(cookie.expires)
}

/**
 * Formats a session for the store. The text does not contain the date at which the session expires, because the store
 * keeps that date separately. So the text of an unchanged session stays the same. Throws if the session cannot be JSON.
 */
export function serializeSession(session: HostSession): string {
  const { cookie, ...data } = session
  const { expires, originalExpires: _, maxAge: __, ...fields } = fieldsOf(cookie)
  // A date without a lifetime, as @fastify/session has it. With one, the date changes at every request.
  const fixed = typeof fields.originalMaxAge === 'number' ? undefined : timeOf(expires)
  return JSON.stringify({ ...data, cookie: fixed === undefined ? fields : { ...fields, expires: new Date(fixed) } })
}

/**
 * Parses the session in a record. Its cookie expires when the record does, unless it is a cookie until the browser is
 * closed. Throws if another program has written the record.
 */
export function parseSession({ dataJson, expiresAtMs }: SessionRecord): LoadedData {
  const data: unknown = JSON.parse(dataJson)
  const cookie: unknown = isObject(data) ? Reflect.get(data, 'cookie') : undefined
  if (!isObject(data) || !isObject(cookie)) {
    throw new Error(
      'The stored session was not written by expressStore. Use another prefix or table than a session manager does.',
    )
  }
  const { originalMaxAge, expires }: CookieFields = cookie
  const hasExpiry = typeof originalMaxAge === 'number' || expires !== undefined
  return { ...data, cookie: { ...cookie, expires: hasExpiry ? new Date(expiresAtMs) : null } }
}
