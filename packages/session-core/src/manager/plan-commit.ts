import { isServerBackedId } from '../store-helpers/ids.js'
import type { Lifetimes, Rest } from './lifetimes.js'
import type { PendingChanges, SessionReference } from './pending-changes.js'
import type { StoredSession } from './stored-session.js'
import { storedLifeOf } from './stored-session.js'

/**
 * Change to the stored session:
 * - `none`: nothing is stored.
 * - `reject`: another request rotated the session. Its old id, which this request has, can only be read.
 * - `end`: ends the sessions of `ends`.
 * - `keep`: stores the changed data under the same id, and extends a sealed session.
 * - `migrate`: as `keep`, for a session that another program created. Both timeouts start now.
 * - `replace`: rotates the id. Creates a session under a fresh id, retires the old one, then ends the sessions of `ends`.
 */
export type CommitStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'end'; readonly ends: readonly SessionReference[] }
  | { readonly kind: 'keep' | 'migrate'; readonly stored: StoredSession; readonly changedText: string | undefined }
  | {
      readonly kind: 'replace'
      readonly dataText: string
      readonly cookie: 'main' | 'guest'
      /** True: enforces `maxSessionsPerUser`. */
      readonly isSignIn: boolean
      /**
       * Treatment of the old session before it is ended. `check`: fails if it was ended meanwhile, so that it is not
       * revived. `grace`: keeps it readable for `graceMs` and does not end it.
       */
      readonly retire: 'check' | 'grace' | undefined
      readonly ends: readonly SessionReference[]
    }

/** Sign-out everywhere: ends all sessions of the user. */
export interface RevokeAll {
  readonly userId: string
  /** `before`: before the step, the current session included. `after`: after the step, except for its session. */
  readonly when: 'before' | 'after'
  /** True: first fails if the current session was ended meanwhile, because the step creates it again. */
  readonly isChecked: boolean
}

export interface CommitPlan {
  readonly step: CommitStep
  readonly revokeAll: RevokeAll | undefined
  /** True: validates the data with the schema before anything is stored. */
  readonly isValidated: boolean
  /** True: clears the legacy cookie even if no cookie is set, or the request did not have it: another path may have it. */
  readonly clearsLegacy: boolean
}

/** Capabilities of the store that a commit depends on. */
export interface CommitCapabilities {
  /** True if all sessions of a user except one can be ended. */
  readonly canKeepOne: boolean
}

function endsOf({ stored, unreadable }: PendingChanges, action: PendingChanges['action']): readonly SessionReference[] {
  const own = stored ? [{ id: stored.record.id, cookie: stored.cookie }] : []
  return action === 'signIn' || action === 'end' ? [...own, ...unreadable] : own
}

function planStep(
  pending: PendingChanges,
  action: PendingChanges['action'],
  changedText: string | undefined,
): CommitStep {
  const { stored, graceMs, unchangedText, revokeAll } = pending
  const ends = endsOf(pending, action)
  if (action === 'keep' && stored) {
    if (stored.envelope.isReplaced && (changedText !== undefined || revokeAll)) return { kind: 'reject' }
    return { kind: storedLifeOf(stored) ? 'keep' : 'migrate', stored, changedText }
  }
  const isSignIn = action === 'signIn'
  if (isSignIn || action === 'rotate') {
    const dataText = changedText ?? unchangedText
    const hasGrace = !isSignIn && graceMs > 0 && !revokeAll
    const retire = isSignIn ? undefined : hasGrace ? 'grace' : 'check'
    return { kind: 'replace', dataText, cookie: 'main', retire, isSignIn, ends: hasGrace ? [] : ends }
  }
  if (changedText !== undefined) {
    return { kind: 'replace', dataText: changedText, cookie: 'guest', retire: undefined, isSignIn, ends }
  }
  return action === 'end' ? { kind: 'end', ends } : { kind: 'none' }
}

/** Decides what a commit does, without I/O. `changedText` is the data as JSON text if it changed. */
export function planCommit(
  pending: PendingChanges,
  changedText: string | undefined,
  { canKeepOne }: CommitCapabilities,
): CommitPlan {
  const { action, stored, revokeAll } = pending
  const isSignIn = action === 'signIn'
  const step = planStep(pending, action, changedText)
  const revokes = step.kind === 'reject' ? undefined : revokeAll
  // A store that cannot keep one session ends the current one too, so a new one replaces it, as at a sign-in.
  const isRecreated = revokes?.keepsCurrent === true && !canKeepOne
  return {
    step: isRecreated ? planStep(pending, 'signIn', changedText) : step,
    revokeAll: revokes && {
      userId: revokes.userId,
      when: revokes.keepsCurrent && canKeepOne ? 'after' : 'before',
      isChecked: isRecreated && !isSignIn && stored !== undefined,
    },
    isValidated: isSignIn || action === 'rotate' || changedText !== undefined,
    clearsLegacy: isSignIn || action === 'end',
  }
}

/** Write to a session that keeps its id. */
export interface KeepPlan {
  /** True: the absolute timeout passed during the request, so the change is rejected. */
  readonly isExpired: boolean
  /** Time to live to touch the session with, or undefined if it is not extended. */
  readonly ttlMs: number | undefined
  /** Remaining lifetimes, or undefined if the absolute timeout has passed. */
  readonly rest: Rest | undefined
}

/** Decides how a session that keeps its id is written, without I/O. */
export function planKeep(stored: StoredSession, isChanged: boolean, lifetimes: Lifetimes, nowMs: number): KeepPlan {
  const life = storedLifeOf(stored)
  const rest = life && lifetimes.rest(life, nowMs)
  // A server-backed session was extended when it was opened. One that was rotated is never extended.
  const isExtended = stored.envelope.isReplaced || isServerBackedId(stored.record.id)
  return {
    isExpired: isChanged && !rest,
    ttlMs: isExtended || !life ? undefined : lifetimes.touchTtlIfDue(life, nowMs),
    rest,
  }
}
