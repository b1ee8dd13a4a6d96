import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64url } from './base64url.js'
import { SessionError } from '../contract/errors.js'
import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'

const idBytes = 32

// 43 base64url characters hold 258 bits: the last one carries only four, so just these sixteen can end an id.
const base64urlOf32Bytes = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** A new id for a server-backed store: 256 random bits as 43 characters of base64url (contract C1, C3, C4). */
export function mintSessionId(): SessionId {
  return asSessionId(toBase64url(crypto.getRandomValues(new Uint8Array(idBytes))))
}

/** Whether `mintSessionId` could have made it. */
export function isServerBackedId(id: unknown): id is SessionId {
  return typeof id === 'string' && base64urlOf32Bytes.test(id)
}

/** The id, if `mintSessionId` could have made it. Throws `Invalid` with reason `malformed` otherwise (contract R4). */
export function checkSessionId(id: unknown): SessionId {
  if (isServerBackedId(id)) return id
  throw new SessionError('malformed', 'The session id is malformed: expected 43 characters of base64url.')
}

/**
 * What a server-backed store keeps instead of the id: its SHA-256, as 43 characters of base64url. Who reads the
 * backend, its logs or its traces cannot be let in with it (contract I1).
 */
export function hashSessionId(id: SessionId): string {
  return toBase64url(sha256(new TextEncoder().encode(id)))
}

/** Whether `hashSessionId` could have made it, as the handles of a user's sessions must be. */
export function isHash(handle: unknown): handle is string {
  return typeof handle === 'string' && base64urlOf32Bytes.test(handle)
}
