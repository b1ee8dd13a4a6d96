import { callHook } from '../store-helpers/call-hook.js'
import type { SessionErrorReason } from '../contract/errors.js'
import { isSessionError } from '../contract/errors.js'

/** `conflict`: another request changed the data meanwhile. `too_many_sessions`: the user has as many as are allowed. */
export type SessionCommitErrorReason = 'conflict' | 'too_many_sessions'

/** A session or a commit that was rejected. Tells neither id, user nor data. */
export interface SessionRejection {
  readonly phase: 'open' | 'commit'
  /**
   * That of the error; `invalid_data` for stored data that is no object, that does not pass the schema, or that makes
   * the schema or `migrateData` throw; `uncommitted` for a change that no commit had stored when a response that
   * `openNode` was given had been sent.
   */
  readonly reason: SessionErrorReason | SessionCommitErrorReason | 'invalid_data' | 'uncommitted'
}

const marker = Symbol.for('@bext/session-core/SessionCommitError')

/** Why the manager refused a commit by one of its options. The session is as it was before. */
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

/** Whether `error` is a `SessionCommitError`, also one from another copy of this package. */
export function isSessionCommitError(error: unknown): error is SessionCommitError {
  return typeof error === 'object' && error !== null && marker in error
}

/** Stored data that the manager's options refuse. The cause is the schema's issues, or what was thrown. */
export class InvalidData extends Error {
  readonly reason = 'invalid_data'

  constructor(cause?: unknown) {
    super('The stored data is refused.', { cause })
  }
}

/** A hook for rejections. The cause may quote data, so that it is apart from what a log may hold. */
export type OnRejected = (rejection: SessionRejection, cause: unknown) => void

/** Calls the hook with the error, if it is a rejection. */
export function reportRejection(
  onRejection: OnRejected | undefined,
  during: SessionRejection['phase'],
  error: unknown,
): void {
  if (!onRejection) return
  if (error instanceof InvalidData) callHook(onRejection, { phase: during, reason: error.reason }, error.cause)
  else if (isSessionError(error) || isSessionCommitError(error)) {
    callHook(onRejection, { phase: during, reason: error.reason }, error)
  }
}
