import type { SessionErrorReason } from '../error.js'
import { isSessionError } from '../error.js'

/** `conflict`: another request changed the data meanwhile. `too_many_sessions`: the user has as many as are allowed. */
export type SessionCommitErrorReason = 'conflict' | 'too_many_sessions'

/** A session or a commit that was rejected. Tells neither id, user nor data. */
export interface SessionRejection {
  readonly during: 'open' | 'commit'
  /** That of the error; `invalid_data` where stored data does not pass the schema. */
  readonly reason: SessionErrorReason | SessionCommitErrorReason | 'invalid_data'
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

/** Tells the hook of the error, if it is a rejection. */
export function reportRejection(
  onRejected: ((rejection: SessionRejection) => void) | undefined,
  during: SessionRejection['during'],
  error: unknown,
): void {
  if (isSessionError(error) || isSessionCommitError(error)) onRejected?.({ during, reason: error.reason })
}
