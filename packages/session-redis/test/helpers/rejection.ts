import { isSessionError, type SessionError } from '@bext/session-core'

/** The `SessionError` that the call rejects with. Fails if it resolves, or rejects with anything else (contract E1). */
export async function rejectionOf(call: Promise<unknown>): Promise<SessionError> {
  try {
    await call
  } catch (error) {
    if (isSessionError(error)) return error
    throw error
  }
  throw new Error('The call resolved, but it should have rejected.')
}
