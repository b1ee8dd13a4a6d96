import { isSessionError, SessionError } from '../contract/errors.js'

type DriverReason = 'timeout' | 'unavailable' | 'failed'

const messages: Readonly<Record<DriverReason, string>> = {
  timeout: 'The backend did not answer in time; whether a write took effect is unknown.',
  unavailable: 'The backend cannot be reached.',
  failed: 'The backend failed.',
}

/**
 * Wraps a driver's error in the `Backend` error that stores reject with (contract E1, E3). The driver's message may
 * quote keys or data, so it stays in the `cause`. Returns a `SessionError` as it is.
 */
export function toBackendError(cause: unknown, reason: DriverReason = 'failed'): SessionError {
  return isSessionError(cause) ? cause : new SessionError(reason, `${messages[reason]} See the cause.`, { cause })
}
