import { SessionError } from '@bext/session-core'
import { checkUserId, describeType } from '@bext/session-core/store-helpers'

/** `userId`, if PostgreSQL can keep it unaltered: its text holds no NUL. Throws `Invalid` otherwise (contract I3). */
export function checkPgUserId(userId: unknown): string {
  const checked = checkUserId(userId)
  if (!checked.includes('\0')) return checked
  throw new SessionError('bad_argument', 'userId holds a NUL, which PostgreSQL cannot keep in text.')
}

/**
 * What `updateIfUnchanged` compares with; null for a string that PostgreSQL cannot hold and that no session's data can
 * therefore equal. Throws `Invalid` if it is not a string.
 */
export function checkExpectedDataJson(expected: unknown): string | null {
  if (typeof expected !== 'string') {
    throw new SessionError('bad_argument', `expectedDataJson must be a string, but it is ${describeType(expected)}.`)
  }
  return expected.includes('\0') || !expected.isWellFormed() ? null : expected
}
