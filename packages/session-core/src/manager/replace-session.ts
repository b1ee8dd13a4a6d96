import type { SessionId } from '../contract/plugin.js'
import { SessionCommitError } from './commit-error.js'
import { nowOf, restOf } from './expiry.js'
import type { Host } from './host.js'
import type { PendingChanges } from './pending-changes.js'
import type { CommitStep, RevokeAll } from './plan-commit.js'
import type { CookieToSet } from './set-cookie.js'
import type { StoredSession } from './stored-session.js'
import { encodeStoredSession, storedLifeOf } from './stored-session.js'
import { updateRecord } from './update-record.js'
import { handleOf } from './user-sessions.js'

type ReplaceStep = Extract<CommitStep, { kind: 'replace' }>

/** Result of a commit. */
export interface Committed {
  /** Current id of the session, or undefined if there is no session. */
  readonly id: SessionId | undefined
  readonly setCookies: readonly CookieToSet[]
  /** True if the commit created the session. */
  readonly isCreated?: boolean
  /** Times of the session, if there is one. */
  readonly times?: SessionTimes
}

/** Known times of a session, in milliseconds since 1970. */
export interface SessionTimes {
  readonly createdAtMs?: number | undefined
  readonly expiresAtMs?: number
  readonly absoluteExpiresAtMs?: number | undefined
}

/** Enforces `maxSessionsPerUser` after the new session is created. Does not count the old one, because it will be ended. */
async function enforceLimit(
  { users, maxSessionsPerUser: limit }: Host,
  { stored, userId }: PendingChanges,
  id: SessionId,
): Promise<void> {
  if (!limit || userId === undefined) return
  const endingHandle = stored && handleOf(stored.record.id)
  const live = (await users.list(userId)).filter(({ handle }) => handle !== endingHandle)
  if (live.length <= limit.count) return
  if (limit.policy === 'endOldest') {
    // Rank by creation time even if that ends the new session: concurrent sign-ins then agree on which sessions to keep.
    const oldest = live.slice(0, live.length - limit.count)
    await Promise.all(oldest.map(({ handle }) => users.endOne(userId, handle)))
    return
  }
  const rank = live.findIndex(({ handle }) => handle === handleOf(id))
  if (rank >= 0 && rank < limit.count) return
  throw new SessionCommitError('too_many_sessions', `The user may have only ${limit.count} sessions. End another one.`)
}

/** Marks the old session as replaced, so that it cannot be changed or extended, and shortens it to the grace period. */
async function leaveGrace(host: Host, { record, envelope, dataText }: StoredSession, graceMs: number): Promise<void> {
  const { store } = host
  const marked = await updateRecord(host, record, encodeStoredSession(dataText, { ...envelope, isReplaced: true }))
  // `touch` counts from the moment it runs, so touching with the remaining time would extend the session slightly.
  const nowMs = await nowOf(host, { record, envelope }, true)
  if (record.expiresAtMs - nowMs <= graceMs) return
  try {
    await store.touch(marked, graceMs)
  } catch (error) {
    // The visitor keeps this id, so remove the mark to make the session usable again.
    await store.update(marked, record.dataJson).catch(() => undefined)
    throw error
  }
}

/** Retires the old session, and ends all sessions that the plan ends. */
async function retire(
  host: Host,
  pending: PendingChanges,
  step: ReplaceStep,
  revokeAll: RevokeAll | undefined,
  id: SessionId,
): Promise<void> {
  const { stored, graceMs } = pending
  if (step.isSignIn) await enforceLimit(host, pending, id)
  if (stored && step.retire === 'grace') await leaveGrace(host, stored, graceMs)
  // Rejects if the session was ended meanwhile, so that a rotation does not revive it.
  if (stored && step.retire === 'check') await updateRecord(host, stored.record, stored.record.dataJson)
  if (revokeAll?.when === 'after') await host.users.endAll(revokeAll.userId, id)
  await Promise.all(step.ends.map((session) => host.store.delete(session.id)))
}

/** Creates the session under a fresh id, then retires the old one. Takes the new one back if that fails. */
export async function replaceSession(
  host: Host,
  pending: PendingChanges,
  step: ReplaceStep,
  revokeAll: RevokeAll | undefined,
): Promise<Committed> {
  const { store, lifetimes, clock, cookies } = host
  const { stored, userId, isRemembered, beganAtMs } = pending
  const life = stored && beganAtMs !== undefined ? storedLifeOf(stored) : undefined
  const { ttlMs, cookieTtlMs } = stored && life ? await restOf(host, stored, life) : lifetimes.whole(isRemembered)
  const envelope = { isRemembered, isReplaced: false, beganAtMs: beganAtMs ?? 0, ttlMs: lifetimes.ttlMs(isRemembered) }
  const dataJson = encodeStoredSession(step.dataText, envelope)
  const nowMs = clock.estimateMs()
  const times = { createdAtMs: nowMs, expiresAtMs: nowMs + ttlMs, absoluteExpiresAtMs: nowMs + cookieTtlMs }
  const id = await store.create({ userId, dataJson, ttlMs })
  try {
    const setCookie = cookies[step.cookie].write(id, cookieTtlMs)
    await retire(host, pending, step, revokeAll, id)
    if (step.cookie === 'guest') {
      const endsMain = step.ends.some(({ cookie }) => cookie === cookies.main)
      return { id, times, isCreated: true, setCookies: endsMain ? [cookies.main.clear(), setCookie] : [setCookie] }
    }
    const hasGuestCookie = pending.cookies.guest.length > 0
    return { id, times, isCreated: true, setCookies: hasGuestCookie ? [setCookie, cookies.guest.clear()] : [setCookie] }
  } catch (error) {
    // Best effort: the visitor does not get the new cookie, and keeps the old one.
    await store.delete(id).catch(() => undefined)
    throw error
  }
}
