import { isSessionError, SessionError } from '@bext/session-core'
import { checkDataJson, checkUserId, describeType } from '@bext/session-core/store-helpers'
import type { SealedSession } from '../seal/payload.js'

/** A session that a cookie of an earlier library holds. */
export interface LegacySession {
  /** User of the session. Undefined or null for an anonymous session. */
  readonly userId?: string | null | undefined
  /** Data as JSON text. */
  readonly dataJson: string
  /** Expiry of the old cookie, in milliseconds since 1970. */
  readonly expiresAtMs: number
  /** Identifies this session among all others, for revocation. A text that is not empty. */
  readonly familyId: string
}

/**
 * Opens a cookie of an earlier library. Called with every cookie that the store is asked to open. Resolves to
 * `undefined` for any other cookie, such as an id of this store. A rejection means that the cookie holds no session,
 * except a `SessionError` of code `Backend`, which means that a service of the function cannot be reached.
 */
export type LegacyDecoder = (cookie: string) => Promise<LegacySession | undefined>

/**
 * Creation time of every legacy session, because nothing records when it was created. It is before all revocations of
 * the user, so that they end the session. The manager starts both lifetimes when it moves the session to its cookie.
 */
const unknownCreation = 0

function wrongResult(field: string, expected: string, value: unknown): SessionError {
  const given = typeof value === 'number' ? 'a number' : describeType(value)
  return new SessionError(
    'failed',
    `legacyDecoder must resolve to a session whose ${field} is ${expected}, but it is ${given}.`,
  )
}

/** Checks a field of the result. Throws `Backend`, because the option is wrong and not the cookie. */
function checkField<T>(field: string, expected: string, value: unknown, check: (value: unknown) => T): T {
  try {
    return check(value)
  } catch {
    throw wrongResult(field, expected, value)
  }
}

function checkLegacySession(result: unknown): SealedSession {
  if (typeof result !== 'object' || result === null) {
    throw new SessionError(
      'failed',
      `legacyDecoder must resolve to an object or undefined, but it is ${describeType(result)}.`,
    )
  }
  const { userId, dataJson, expiresAtMs, familyId } = result as Partial<Record<keyof LegacySession, unknown>>
  if (typeof expiresAtMs !== 'number' || !Number.isSafeInteger(expiresAtMs) || expiresAtMs < 1) {
    throw wrongResult('expiresAtMs', 'whole milliseconds since 1970', expiresAtMs)
  }
  if (typeof familyId !== 'string' || familyId === '') {
    throw wrongResult('familyId', 'a string that is not empty', familyId)
  }
  return {
    userId:
      userId === undefined || userId === null
        ? undefined
        : checkField('userId', 'a string or undefined', userId, checkUserId),
    dataJson: checkField('dataJson', 'JSON text', dataJson, (text) => checkDataJson(text, Number.POSITIVE_INFINITY)),
    createdAtMs: unknownCreation,
    expiresAtMs,
    familyId,
  }
}

/** Opens a cookie of an earlier library and checks the result. Resolves to `undefined` for any other cookie. */
export async function decodeLegacy(legacyDecoder: LegacyDecoder, cookie: string): Promise<SealedSession | undefined> {
  let result: unknown
  try {
    result = await legacyDecoder(cookie)
  } catch (cause) {
    if (isSessionError(cause)) throw cause
    throw new SessionError('malformed', 'The option legacyDecoder threw an error for this cookie. See the cause.', {
      cause,
    })
  }
  return result === undefined ? undefined : checkLegacySession(result)
}
