// Which sessions a user has: for each user a sorted set of session hashes, whose scores are times of the server.
//
// A session and its user's index may lie on different nodes of a Cluster, so no script can write both, and a process
// may end between any two commands. What always holds is
//
//   session.expiresAt <= session.indexedUntil <= score of its entry < expiry of the index key
//
// because whatever raises a time to the left is preceded by what raises the times to the right:
// - create adds the entry, then the session. The session's script refuses to live longer than its entry.
// - touch that would pass indexedUntil is refused, raises the entry's score (scores never fall), and tries again.
// - ending a session looks up its user, removes the session, then the entry. A session that is gone never comes back
//   under its hash.
// So between two commands there may be an entry without a session, and never a session without its entry: "end all"
// misses none. An entry without a session may belong to a create in flight, so only who has seen the session before it
// was removed, or knows that it was refused, removes the entry; others leave it to its score.
//
// A server may lose the entry and keep the session: an eviction policy takes it, or a node fails over without its last
// writes. So a touch writes the entry again once some time has passed since the last time, whatever the record says.
//
// Each node has its own clock. An entry is kept for a margin longer than its score says, which covers a session whose
// node is behind; a session whose node is ahead gets an entry that is counted from that node's time.

import { isHash, type Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import { digest } from '../hash.js'
import type { Reads } from '../client/reads.js'
import { addToIndexScript, removeFromIndexScript } from './scripts.js'

/** How far the clocks of nodes may be apart. */
export const clockMarginMs = 60_000
/** How long an entry outlives a session that expires, at most. */
export const maxIndexLeadMs: number = 24 * 60 * 60 * 1000
// More than rounding takes from the time until which a session is listed: see the script.
const minLeadMs = 5 * 60 * 1000
const minuteMs = 60_000
const maxRenewalMinutes = 60

export interface NewEntry {
  readonly userText: string
  readonly hash: string
  readonly ttlMs: number
  readonly fromMs: number
  /** Whether the session does not exist yet. */
  readonly isNew: boolean
}

/** The sessions of users, by the text of the user's id. */
export interface UserIndex {
  /**
   * Makes sure that the session is listed for `ttlMs` from now and some more, where now is at least `fromMs`. Resolves
   * to the time until which it is. A full server refuses it if the session is new.
   */
  add(deadline: Deadline, entry: NewEntry): Promise<number>
  /** Removes sessions that are known to be gone. */
  remove(deadline: Deadline, userText: string, hashes: readonly string[]): Promise<void>
  /** The hashes of all the user's sessions, and perhaps of some that are gone or not there yet. */
  list(deadline: Deadline, userText: string): Promise<readonly string[]>
}

// Touches need no second command for as long as the entry leads the session: that is for one ttl, at most a day, which
// keeps few entries of sessions that have expired; and no less than nodes' clocks may differ.
function indexLeadMs(ttlMs: number): number {
  return Math.max(minLeadMs, Math.min(ttlMs, maxIndexLeadMs))
}

/** How old an entry may be, in minutes, before a touch of that ttl writes it again. */
export function renewalMinutes(ttlMs: number): number {
  return Math.min(maxRenewalMinutes, Math.floor(indexLeadMs(ttlMs) / 2 / minuteMs))
}

const indexMark = 'user:'

/** The key of the user's index. */
export function indexKeyOf(prefix: string, userText: string): string {
  return `${prefix}${indexMark}${digest(userText)}`
}

/** Whether it is the key of an index, less the prefix. */
export function isIndexName(name: string): boolean {
  return name.startsWith(indexMark) && isHash(name.slice(indexMark.length))
}

export function createUserIndex(connection: Connection, reads: Reads, prefix: string): UserIndex {
  const keyOf = (userText: string): string => indexKeyOf(prefix, userText)

  return {
    async add(deadline, { userText, hash, ttlMs, fromMs, isNew }) {
      const args = [hash, ttlMs + indexLeadMs(ttlMs), fromMs, clockMarginMs, isNew ? 1 : 0].map(String)
      const { outcomes } = await connection.write(deadline, addToIndexScript, [{ key: keyOf(userText), args }])
      return Number(outcomes[0])
    },

    async remove(deadline, userText, hashes) {
      if (hashes.length === 0) return
      await connection.write(deadline, removeFromIndexScript, [{ key: keyOf(userText), args: hashes }])
    },

    list: (deadline, userText) => connection.read(deadline, () => reads.members(keyOf(userText))),
  }
}
