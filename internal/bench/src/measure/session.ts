import { randomBytes } from 'node:crypto'

/** Lifetime of the sessions of all subjects, in milliseconds. */
export const ttlMs = 3_600_000

/** Creates an id as long as those of our stores, for subjects that mint none. */
export function mintId(): string {
  return randomBytes(32).toString('base64url')
}
