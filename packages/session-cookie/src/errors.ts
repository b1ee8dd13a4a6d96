import { SessionError } from '@bext/session-core'

export function malformed(): SessionError {
  return new SessionError('malformed', 'The session id is malformed, or too long (option maxIdBytes).')
}

export function tampered(): SessionError {
  return new SessionError(
    'tampered',
    'The session id was altered, or sealed with another secret or for another purpose.',
  )
}

export function unknownKey(): SessionError {
  return new SessionError('unknown_key', 'The session was sealed with a secret that is not in the option secrets.')
}

export function unsupportedVersion(): SessionError {
  return new SessionError(
    'unsupported_version',
    'The sealed session has another version, or it is compressed (option compression).',
  )
}
