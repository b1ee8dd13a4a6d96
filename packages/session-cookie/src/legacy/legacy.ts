import { isSessionError, SessionError } from '@bext/session-core'
import { checkDataJson, checkUserId, describeType } from '@bext/session-core/store-helpers'
import type { SealedSession } from '../seal/payload.js'

/** A session that an older cookie held. */
export interface LegacySession {
  /** The user of the session; undefined or null for an anonymous one. */
  readonly userId?: string | null | undefined
  /** The data as JSON text. */
  readonly dataJson: string
  /** When the older cookie expires, in milliseconds since 1970. */
  readonly expiresAtMs: number
  /** Tells this session apart from every other one, for revocation. */
  readonly familyId: string
}

/**
 * Opens a cookie that is no id of this store. Resolves to `undefined` if it is none of the older ones either. A
 * rejection means that the cookie holds no session. Only a `SessionError` of code `Backend` means that something which
 * the function asks cannot be reached.
 */
export type LegacyDecoder = (cookie: string) => Promise<LegacySession | undefined>

/**
 * The creation time of every session that an older cookie held, because nothing tells when that was. It is before all
 * revocations, so that they end the session. The manager begins the lifetimes of such a session when it moves it.
 */
const unknownCreation = 0

function wrongResult(field: string, expected: string, value: unknown): SessionError {
  const given = typeof value === 'number' ? 'a number' : describeType(value)
  return new SessionError(
    'failed',
    `legacyDecoder must resolve to a session whose ${field} is ${expected}, but it is ${given}.`,
  )
}

/** Checks a field of the result. Throws `Backend` because the option is wrong, not the cookie. */
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
  if (typeof familyId !== 'string' || familyId === '')
    throw wrongResult('familyId', 'a string that is not empty', familyId)
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

/** Opens an older cookie, and checks what it held. */
export async function openChecked(legacyDecoder: LegacyDecoder, cookie: string): Promise<SealedSession | undefined> {
  let result: unknown
  try {
    result = await legacyDecoder(cookie)
  } catch (cause) {
    if (isSessionError(cause)) throw cause
    throw new SessionError('malformed', 'The option legacyDecoder threw at this cookie. See the cause.', { cause })
  }
  return result === undefined ? undefined : checkLegacySession(result)
}
