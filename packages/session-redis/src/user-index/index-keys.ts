// The index of a user's sessions: a sorted set of session hashes for each user, whose scores are times of the server.
//
// In a Cluster, a session and its user's index may be on different nodes, so no script can write both, and a process
// may stop between any two commands. This invariant always holds:
//
//   session.expiresAt <= session.indexedUntil <= score of its entry < expiry of the index key
//
// It holds because every command that raises a time is sent after the commands that raise the times to its right:
// - A create adds the entry, then the session. The script of the session refuses an expiry after that of the entry.
// - A touch beyond indexedUntil is refused, raises the score of the entry (scores never fall), and tries again.
// - A delete removes the session, then the entry. The script that removes the session says whose index lists it.
//
// So between two commands an entry may have no session, but no session is ever without its entry, and ending all
// sessions of a user misses none. An entry without a session may belong to a create in flight. Therefore only a caller
// that saw the session before removing it, or knows that its create was rejected, removes the entry. All other entries
// are removed when their score has passed.
//
// An id that the caller has chosen may be used again, while a call that ended the earlier session still has to remove its
// entry. So each create under a given id has a separate entry: the hash and a mark, which the session records.
//
// A server can lose the entry but keep the session, by evicting the index or by failing over without its last writes.
// Therefore a touch writes the entry again after some time, whatever the record says.
//
// Each node has its own clock. An entry is kept longer than its score by a margin, which covers a session whose node is
// behind. For a session whose node is ahead, the entry is counted from that node's time.

import { hashSessionId, isHash, type Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import { parseOwner, type OwnedSession, type Owner } from '../sessions/record.js'
import type { Reads } from '../client/reads.js'
import { addToIndexScript, removeFromIndexScript } from './scripts.js'

/** Largest supported difference between the clocks of two nodes. */
export const clockMarginMs = 60_000
/** Longest time for which an entry outlives a session that expires. */
export const maxIndexLeadMs: number = 24 * 60 * 60 * 1000
// More than the rounding in `addToIndexScript` takes from the time.
const minIndexLeadMs = 5 * 60 * 1000
const minuteMs = 60_000
const maxRenewalMinutes = 60

/** An entry to add or to extend. */
export interface NewEntry extends OwnedSession {
  readonly ttlMs: number
  /** Earliest server time from which `ttlMs` counts. */
  readonly fromMs: number
  /** True if the session does not exist yet. */
  readonly isNew: boolean
}

/** Commands on the indexes of users. A user is given by the text of `toUserText`. */
export interface UserIndex {
  /**
   * Lists the session for at least `ttlMs` from now, or from `fromMs` if that is later. Resolves to the time until
   * which it is listed. A full server rejects the entry of a new session.
   */
  add(deadline: Deadline, entry: NewEntry): Promise<number>
  /** Removes the entries of sessions of one user that are known to be deleted. */
  remove(deadline: Deadline, sessions: readonly OwnedSession[]): Promise<void>
  /** Resolves to the hashes of all sessions of the user, and possibly of sessions that are gone or not created yet. */
  list(deadline: Deadline, userText: string): Promise<readonly string[]>
}

// A touch needs no second command while the entry still outlives the session. A lead of one ttl and at most a day keeps
// few entries of expired sessions. The minimum is more than the clocks of two nodes may differ.
function indexLeadMs(ttlMs: number): number {
  return Math.max(minIndexLeadMs, Math.min(ttlMs, maxIndexLeadMs))
}

/** Returns the age in minutes from which a touch with this ttl writes an entry again. */
export function renewalMinutes(ttlMs: number): number {
  return Math.min(maxRenewalMinutes, Math.floor(indexLeadMs(ttlMs) / 2 / minuteMs))
}

const indexPrefix = 'user:'

/** Returns the key of a user's index. */
export function indexKeyOf(prefix: string, userText: string): string {
  return `${prefix}${indexPrefix}${hashSessionId(userText)}`
}

/** Returns the name of the entry of a session in its user's index. */
export function entryNameOf(hash: string, { mark }: Owner): string {
  return `${hash}${mark}`
}

/** Returns the hash of the session in the name of an entry. */
export function hashInEntryName(name: string): string {
  const [hash = ''] = name.split('@', 1)
  return hash
}

/** Returns whether a key without its prefix is that of an index. */
export function isIndexName(name: string): boolean {
  return name.startsWith(indexPrefix) && isHash(name.slice(indexPrefix.length))
}

export function createUserIndex(connection: Connection, reads: Reads, prefix: string): UserIndex {
  const keyOf = (userText: string): string => indexKeyOf(prefix, userText)

  return {
    async add(deadline, { ownerText, hash, ttlMs, fromMs, isNew }) {
      const owner = parseOwner(ownerText)
      const name = entryNameOf(hash, owner)
      const args = [name, ttlMs + indexLeadMs(ttlMs), fromMs, clockMarginMs, isNew ? 1 : 0].map(String)
      const { outcomes } = await connection.write(deadline, addToIndexScript, [{ key: keyOf(owner.userText), args }])
      return Number(outcomes[0])
    },

    async remove(deadline, sessions) {
      const [first] = sessions
      if (first === undefined) return
      const { userText } = parseOwner(first.ownerText)
      const args = sessions.map(({ hash, ownerText }) => entryNameOf(hash, parseOwner(ownerText)))
      await connection.write(deadline, removeFromIndexScript, [{ key: keyOf(userText), args }])
    },

    async list(deadline, userText) {
      const names = await connection.read(deadline, () => reads.members(keyOf(userText)))
      return [...new Set(names.map(hashInEntryName))]
    },
  }
}
