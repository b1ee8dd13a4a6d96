/** Kind of error for programs to branch on: missing session, bad id or argument, failed backend (contract E1). */
export type SessionErrorCode = 'NotFound' | 'Invalid' | 'Backend'

/** Cause of the error, for logs and metrics. Each reason belongs to one code. */
export type SessionErrorReason =
  | 'unknown'
  | 'expired'
  | 'malformed'
  | 'tampered'
  | 'unknown_key'
  | 'unsupported_version'
  | 'too_large'
  | 'bad_argument'
  | 'timeout'
  | 'unavailable'
  | 'failed'
  | 'full'
  | 'closed'
  | 'corrupt'

const codeOfReason: Readonly<Record<SessionErrorReason, SessionErrorCode>> = {
  unknown: 'NotFound',
  expired: 'NotFound',
  malformed: 'Invalid',
  tampered: 'Invalid',
  unknown_key: 'Invalid',
  unsupported_version: 'Invalid',
  too_large: 'Invalid',
  bad_argument: 'Invalid',
  timeout: 'Backend',
  unavailable: 'Backend',
  failed: 'Backend',
  full: 'Backend',
  closed: 'Backend',
  corrupt: 'Backend',
}

export interface SessionErrorOptions {
  /** The driver's error (contract E3). */
  readonly cause?: unknown
}

const marker = Symbol.for('@bext/session-core/SessionError')

/**
 * The only error that stores reject with (contract E1). `code` follows from `reason`. The message contains no id,
 * secret or session data (E3). A driver's error is the `cause`.
 */
export class SessionError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'SessionError', configurable: true, writable: true })
    Object.defineProperty(this.prototype, marker, { value: true })
  }

  readonly code: SessionErrorCode
  readonly reason: SessionErrorReason

  constructor(reason: SessionErrorReason, message: string, options?: SessionErrorOptions) {
    super(message, options)
    this.code = codeOfReason[reason]
    this.reason = reason
  }
}

/** Returns true if `error` is a `SessionError`, also from another copy of this package. */
export function isSessionError(error: unknown): error is SessionError {
  return typeof error === 'object' && error !== null && marker in error
}

/** Creates the error for a session that does not exist, has expired or was deleted (contract R3). */
export function notFound(): SessionError {
  return new SessionError('unknown', 'The session does not exist or has expired.')
}
