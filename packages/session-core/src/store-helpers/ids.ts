import { sha256Base64url } from '#sha256'
import { toBase64url } from './base64url.js'
import { SessionError } from '../contract/errors.js'
import type { SessionId } from '../contract/plugin.js'
import { asSessionId } from '../contract/plugin.js'

const idBytes = 32

/**
 * Source of a regular expression for 32 bytes in canonical base64url without padding. 43 characters hold 258 bits. The
 * last character carries only four of the 256, so one of sixteen characters ends the text.
 */
export const base64urlOf32Bytes = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]'

const canonicalId = new RegExp(`^${base64urlOf32Bytes}$`)

/** Creates an id for a server-backed store: 256 random bits as 43 characters of base64url (contract C1, C3, C4). */
export function mintSessionId(): SessionId {
  return asSessionId(toBase64url(crypto.getRandomValues(new Uint8Array(idBytes))))
}

/** Returns true if `mintSessionId` can have created the id. */
export function isServerBackedId(id: unknown): id is SessionId {
  return typeof id === 'string' && canonicalId.test(id)
}

/**
 * Returns the id if `mintSessionId` can have created it. Throws `Invalid` with reason `malformed` otherwise (contract
 * R4).
 */
export function checkSessionId(id: unknown): SessionId {
  if (isServerBackedId(id)) return id
  throw new SessionError('malformed', 'The session id is malformed: expected 43 characters of base64url.')
}

/**
 * Computes what a server-backed store keeps instead of the id: its SHA-256, as 43 characters of base64url. Whoever
 * reads the backend, its logs or its traces cannot sign in with it (contract I1).
 */
export function hashSessionId(id: string): string {
  return sha256Base64url(id)
}

/** Returns true if `hashSessionId` can have computed it, as for the handles in a list of a user's sessions. */
export function isHash(handle: unknown): handle is string {
  return typeof handle === 'string' && canonicalId.test(handle)
}
