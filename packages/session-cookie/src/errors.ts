import { SessionError } from '@bext/session-core'

export function malformed(): SessionError {
  return new SessionError('malformed', 'The session id is malformed, or too long (option maxIdBytes).')
}

export function unsupported(): SessionError {
  return new SessionError(
    'unsupported_version',
    'The sealed session is of another version, or compressed (option compression).',
  )
}

export function tampered(): SessionError {
  return new SessionError(
    'tampered',
    'The session id was altered, or sealed with another secret or for another purpose.',
  )
}
