import { isSessionError } from '../contract/errors.js'
import { isSessionCommitError } from './commit-error.js'

/** A status of HTTP that answers a session's error. */
export type SessionErrorStatus = 401 | 409 | 413 | 503

/**
 * Maps what a session or its manager threw to the status of HTTP that answers it; undefined where it is none of these:
 * another program's error, or a mistake of yours (`bad_argument`), which your error handler treats as any other.
 *
 * - 401: the session ended or was rotated while the request ran. The visitor signs in again, or begins as a guest.
 * - 409: another request changed the data (`conflict`), or the user has as many sessions as are allowed.
 * - 413: the data is too large for the store.
 * - 503: the store failed. The visitor stays signed in.
 */
export function sessionErrorStatus(error: unknown): SessionErrorStatus | undefined {
  if (isSessionCommitError(error)) return 409
  if (!isSessionError(error)) return undefined
  if (error.code === 'NotFound') return 401
  if (error.code === 'Backend') return 503
  return error.reason === 'too_large' ? 413 : undefined
}
