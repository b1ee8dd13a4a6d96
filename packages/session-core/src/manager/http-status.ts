import { isSessionError } from '../contract/errors.js'
import { isSessionCommitError } from './commit-error.js'

/** HTTP status for a session error. */
export type SessionErrorStatus = 401 | 409 | 413 | 503

/**
 * Returns the HTTP status for an error of a session or its manager. Returns undefined for any other error, and for a wrong
 * argument (`bad_argument`): handle it like any other bug.
 *
 * - 401: the session ended or was rotated while the request ran, or is bound to a device that the request did not prove. The
 *   visitor signs in again, or continues as a guest.
 * - 409: another request changed the data (`conflict`), or the user has too many sessions (`too_many_sessions`).
 * - 413: the data is too large for the store.
 * - 503: the store failed. The visitor stays signed in.
 */
export function sessionErrorStatus(error: unknown): SessionErrorStatus | undefined {
  if (isSessionCommitError(error)) return error.reason === 'unproven_device' ? 401 : 409
  if (!isSessionError(error)) return undefined
  if (error.code === 'NotFound') return 401
  if (error.code === 'Backend') return 503
  return error.reason === 'too_large' ? 413 : undefined
}
