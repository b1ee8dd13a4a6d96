import { callHook } from '../store-helpers/call-hook.js'
import type { SessionErrorReason } from '../contract/errors.js'
import { isSessionError } from '../contract/errors.js'

/**
 * `conflict`: another request changed the data meanwhile. `too_many_sessions`: the user already has the allowed number.
 * `unproven_device`: the session is bound to a device, the request did not prove it, and the option `device` makes the
 * session read only.
 */
export type SessionCommitErrorReason = 'conflict' | 'too_many_sessions' | 'unproven_device'

/** A session or a commit that was rejected. Contains no id, user id or data. */
export interface SessionRejection {
  /** Phase of the request: while the session was opened, or while it was committed. */
  readonly phase: 'open' | 'commit'
  /**
   * Reason of the error. `invalid_data`: the stored data is not an object, fails the schema, or makes the schema or
   * `migrateData` throw. `uncommitted`: a change was not committed before the response of `openNode` was sent.
   */
  readonly reason: SessionErrorReason | SessionCommitErrorReason | 'invalid_data' | 'uncommitted'
}

const marker = Symbol.for('@bext/session-core/SessionCommitError')

/** Error of a commit that the manager rejects under one of its options. The stored session is unchanged. */
export class SessionCommitError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'SessionCommitError', configurable: true, writable: true })
    Object.defineProperty(this.prototype, marker, { value: true })
  }

  readonly reason: SessionCommitErrorReason

  constructor(reason: SessionCommitErrorReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Returns true for a `SessionCommitError`, also for one of another copy of this package. */
export function isSessionCommitError(error: unknown): error is SessionCommitError {
  return typeof error === 'object' && error !== null && marker in error
}

/** Stored data that fails `schema` or `migrateData`. The cause is the schema's issues, or what was thrown. */
export class InvalidData extends Error {
  readonly reason = 'invalid_data'

  constructor(cause?: unknown) {
    super('The stored data is not valid.', { cause })
  }
}

/** Hook for rejections. The cause may quote data, so it is separate from the rejection, which is safe to log. */
export type OnRejection = (rejection: SessionRejection, cause: unknown) => void

/** Calls the hook if the error is a rejection. */
export function reportRejection(
  onRejection: OnRejection | undefined,
  phase: SessionRejection['phase'],
  error: unknown,
): void {
  if (!onRejection) return
  if (error instanceof InvalidData) callHook(onRejection, { phase, reason: error.reason }, error.cause)
  else if (isSessionError(error) || isSessionCommitError(error)) {
    callHook(onRejection, { phase, reason: error.reason }, error)
  }
}
