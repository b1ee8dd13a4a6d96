import { isSessionError } from '../contract/errors.js'
import type { SessionId } from '../contract/plugin.js'
import { SessionCommitError } from './commit-error.js'
import { deviceOfNewSession, moveDevice } from './device-commit.js'
import { endListed, endSession } from './end-session.js'
import { nowOf, restOf } from './expiry.js'
import type { Host } from './host.js'
import type { PendingChanges } from './pending-changes.js'
import type { CommitStep, RevokeAll } from './plan-commit.js'
import type { CookieToSet } from './set-cookie.js'
import type { StoredSession } from './stored-session.js'
import { beganAtMsOf, encodeStoredSession, storedLifeOf } from './stored-session.js'
import { updateRecord } from './update-record.js'
import { familyIdOf, handleOf, keptFamilyId, mintFamilyId } from './session-names.js'

type ReplaceStep = Extract<CommitStep, { kind: 'replace' }>

/** Result of a commit. */
export interface Committed {
  /** Current id of the session, or undefined if there is no session. */
  readonly id: SessionId | undefined
  readonly setCookies: readonly CookieToSet[]
  /** Name that the session keeps when its id changes. Absent if the commit did not change the id. */
  readonly familyId?: string
  /** True if the commit created the session. */
  readonly isCreated?: boolean
  /** Times of the session, if there is one. */
  readonly times?: SessionTimes
  /** Headers of the response besides its cookies. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** Known times of a session, in milliseconds since 1970. */
export interface SessionTimes {
  readonly createdAtMs?: number | undefined
  readonly expiresAtMs?: number
  readonly absoluteExpiresAtMs?: number | undefined
}

/** Enforces `maxSessionsPerUser` after the new session is created. Does not count the old one, because it will be ended. */
async function enforceLimit(host: Host, { stored, userId }: PendingChanges, id: SessionId): Promise<void> {
  const { users, maxSessionsPerUser: limit } = host
  if (!limit || userId === undefined) return
  const endingHandle = stored && handleOf(stored.record.id)
  const live = (await users.list(userId)).filter(({ handle }) => handle !== endingHandle)
  if (live.length <= limit.count) return
  if (limit.policy === 'endOldest') {
    // Rank by creation time even if that ends the new session: concurrent sign-ins then agree on which sessions to keep.
    const oldest = live.slice(0, live.length - limit.count)
    await Promise.all(oldest.map(({ handle }) => endListed(host, userId, handle)))
    return
  }
  const rank = live.findIndex(({ handle }) => handle === handleOf(id))
  if (rank >= 0 && rank < limit.count) return
  throw new SessionCommitError('too_many_sessions', `The user may have only ${limit.count} sessions. End another one.`)
}

/**
 * Marks the old session as replaced, so that it cannot be changed or extended. Under `onConflict: 'reject'`, a change of it
 * by another call makes this one reject, and the other way round. So no change is lost while the session is replaced.
 */
function mark(host: Host, stored: StoredSession): Promise<SessionId> {
  return updateRecord(host, stored.record, markedJson(stored))
}

function markedJson({ envelope, dataText }: StoredSession): string {
  return encodeStoredSession(dataText, { ...envelope, isReplaced: true })
}

/** Removes the mark, because the visitor keeps the old session. */
async function unmark({ store, comparing }: Host, stored: StoredSession, marked: SessionId): Promise<void> {
  const { dataJson } = stored.record
  const unmarked: Promise<unknown> = comparing
    ? comparing.updateIfUnchanged(marked, markedJson(stored), dataJson)
    : store.update(marked, dataJson)
  await unmarked.catch(() => undefined)
}

/** Shortens the marked session to the grace period. */
async function leaveGrace(
  host: Host,
  { record, envelope }: StoredSession,
  marked: SessionId,
  graceMs: number,
): Promise<void> {
  // `touch` counts from the moment it runs, so touching with the remaining time would extend the session slightly.
  const nowMs = await nowOf(host, { record, envelope }, true)
  if (record.expiresAtMs - nowMs > graceMs) await host.store.touch(marked, graceMs)
}

/** Marks the old session, if it has to be. Rejects if it was ended meanwhile, so that a rotation does not revive it. */
async function markIfNeeded(
  host: Host,
  { stored, userId }: PendingChanges,
  step: ReplaceStep,
): Promise<SessionId | undefined> {
  if (!stored) return undefined
  if (step.retire) return mark(host, stored)
  // The user signs in again and keeps the data, which an administrator may be changing. A session that has ended does
  // not keep the user from signing in.
  if (!step.isSignIn || !host.comparing || stored.record.userId !== userId) return undefined
  return mark(host, stored).catch((error: unknown) => {
    if (isSessionError(error) && error.code === 'NotFound') return undefined
    throw error
  })
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
  const marked = await markIfNeeded(host, pending, step)
  try {
    if (stored && marked !== undefined && step.retire === 'grace') await leaveGrace(host, stored, marked, graceMs)
    if (revokeAll?.when === 'after') await host.users.endAll(revokeAll.userId, id)
    // The binding of a rotated session is not ended: it moves to the new id.
    const isMoved = step.retire === 'check'
    await Promise.all(step.ends.map((one) => (isMoved ? host.store.delete(one.id) : endSession(host, one.id))))
  } catch (error) {
    if (stored && marked !== undefined) await unmark(host, stored, marked)
    throw error
  }
}

/** Returns true if the new session continues one that another program signed in. */
function isAdoptedAfter({ stored, action }: PendingChanges): boolean {
  if (!stored || action === 'signIn' || action === 'end') return false
  return stored.envelope.isAdopted || beganAtMsOf(stored) === undefined
}

/** Creates the session under a fresh id, then retires the old one. Takes the new one back if that fails. */
export async function replaceSession(
  host: Host,
  pending: PendingChanges,
  step: ReplaceStep,
  revokeAll: RevokeAll | undefined,
): Promise<Committed> {
  const { store, users, lifetimes, clock, cookies } = host
  const { stored, userId, isRemembered, beganAtMs } = pending
  const life = stored && beganAtMs !== undefined ? storedLifeOf(stored) : undefined
  const { ttlMs, cookieTtlMs } = stored && life ? await restOf(host, stored, life) : lifetimes.whole(isRemembered)
  const familyId = keptFamilyId(pending) ?? (users.supportsUserIndex ? undefined : mintFamilyId())
  const envelope = {
    isRemembered,
    isReplaced: false,
    isAdopted: isAdoptedAfter(pending),
    beganAtMs: beganAtMs ?? 0,
    ttlMs: lifetimes.ttlMs(isRemembered),
    familyId,
  }
  const dataJson = encodeStoredSession(step.dataText, envelope)
  const nowMs = clock.estimateMs()
  const times = { createdAtMs: nowMs, expiresAtMs: nowMs + ttlMs, absoluteExpiresAtMs: nowMs + cookieTtlMs }
  const id = await store.create({ userId, dataJson, ttlMs })
  try {
    const setCookie = cookies[step.cookie].write(id, cookieTtlMs, isRemembered)
    const move = step.retire && (await moveDevice(host, pending, id, cookieTtlMs))
    await retire(host, pending, step, revokeAll, id)
    const moved = await move?.finish(step.retire === 'grace' ? pending.graceMs : 0)
    const { headers, setCookies } = await deviceOfNewSession(host, pending, id, moved)
    const created = { id, familyId: familyIdOf(handleOf(id), envelope), times, isCreated: true, headers }
    if (step.cookie === 'guest') {
      const endsMain = step.ends.some(({ cookie }) => cookie === cookies.main)
      return { ...created, setCookies: [...(endsMain ? [cookies.main.clear()] : []), setCookie, ...setCookies] }
    }
    const hasGuestCookie = pending.cookies.guest.length > 0
    return { ...created, setCookies: [setCookie, ...(hasGuestCookie ? [cookies.guest.clear()] : []), ...setCookies] }
  } catch (error) {
    // Best effort: the visitor does not get the new cookie, and keeps the old one.
    await endSession(host, id).catch(() => undefined)
    throw error
  }
}
