import type { SessionId } from '@bext/session-core'
import type { CookieProof } from './bound-cookie.js'

/** Times of a genuine bound cookie of a session. They never change. */
export type RecentProof = Pick<CookieProof, 'endsAtMs' | 'bindingExpiresAtMs'>

/**
 * Bound cookies that recent requests have verified, so that the requests of a page cost one HMAC. Each request still reads its
 * session, and compares the time with the end of its proof.
 */
export interface RecentProofs {
  /** Returns the proof for the session and the whole bound cookie. `find` returns it if it is genuine. */
  getOrAdd(id: SessionId, boundCookie: string, find: () => RecentProof | undefined): RecentProof | undefined
}

// About 2 MB.
const maxProofs = 4096

export function createRecentProofs(): RecentProofs {
  const proofs = new Map<string, RecentProof>()

  function add(key: string, { endsAtMs, bindingExpiresAtMs }: RecentProof): RecentProof {
    if (proofs.size === maxProofs) proofs.delete(proofs.keys().next().value as string)
    // A copy without texts, which would keep the whole header in memory.
    const added = { endsAtMs, bindingExpiresAtMs }
    proofs.set(key, added)
    return added
  }

  return {
    getOrAdd(id, boundCookie, find) {
      // No genuine cookie contains a space.
      const key = `${id} ${boundCookie}`
      const known = proofs.get(key)
      if (known) return known
      const found = find()
      return found && add(key, found)
    },
  }
}
