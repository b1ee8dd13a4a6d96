import { mintSessionId } from '@bext/session-core'
import type { Tags } from './tags.js'

type Use = 'registration' | 'refresh'

/** Challenges that need no storage: the record of the binding has the time of the last one that was accepted. */
export interface Challenges {
  /** Returns a challenge for a session, issued now or at `notBeforeMs`. */
  issue(use: Use, handle: string, nowMs: number, notBeforeMs?: number): string
  /** Returns the time at which a genuine challenge for the session was issued, or undefined if it is none or is stale. */
  issuedAtMs(use: Use, text: string, handle: string, nowMs: number): number | undefined
}

const registrationMs = 300_000
const refreshMarginMs = 300_000

/** Creates the challenges. One for a refresh is accepted for five minutes longer than the bound cookie that it arrives with. */
export function createChallenges(tags: Tags, boundCookieMs: number): Challenges {
  const lifeMs = { registration: registrationMs, refresh: boundCookieMs + refreshMarginMs }

  return {
    issue(use, handle, nowMs, notBeforeMs = 0) {
      const issuedAtMs = Math.max(Math.floor(nowMs), notBeforeMs)
      return tags.seal(`${use} challenge`, [issuedAtMs.toString(36), mintSessionId()], handle)
    },

    issuedAtMs(use, text, handle, nowMs) {
      const issuedAtMs = Number.parseInt(tags.open(`${use} challenge`, text, handle)?.[0] ?? '', 36)
      return nowMs < issuedAtMs + lifeMs[use] ? issuedAtMs : undefined
    },
  }
}
