import type { SessionId } from '../contract/plugin.js'
import { toBase64url } from '../store-helpers/base64url.js'
import { hashSessionId } from '../store-helpers/ids.js'
import type { PendingChanges } from './pending-changes.js'
import type { StoredEnvelope } from './stored-session.js'

const familyIdChars = 16

/** Returns the handle under which our stores list the session. */
export function handleOf(id: SessionId): string {
  return hashSessionId(id)
}

/** Creates a name for a session whose id changes with every write. */
export function mintFamilyId(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array((familyIdChars / 4) * 3)))
}

/**
 * Returns the name that a session keeps when its id changes. Until the first change it is the start of the handle, so it
 * need not be stored.
 */
export function familyIdOf(handle: string, { familyId }: Pick<StoredEnvelope, 'familyId'>): string {
  return familyId ?? handle.slice(0, familyIdChars)
}

/** Returns the name of the stored session, if the commit keeps it. The session of another user has another name. */
export function keptFamilyId({ stored, action, userId }: PendingChanges): string | undefined {
  if (!stored || action === 'end' || stored.record.userId !== userId) return undefined
  return familyIdOf(handleOf(stored.record.id), stored.envelope)
}
