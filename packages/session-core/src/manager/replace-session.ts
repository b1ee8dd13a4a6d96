import type { SessionId } from '../contract/plugin.js'
import type { PendingChanges, StoredSession } from './pending-changes.js'
import { endingOf } from './pending-changes.js'
import { encodeStoredSession } from './stored-session.js'
import type { SessionContext } from './options.js'
import { SessionCommitError } from './commit-error.js'
import { nowOf, restOf, storedLifeOf } from './stored-life.js'
import { handleOf } from './user-sessions.js'
import { updateRecord } from './update-record.js'

/** What a commit stored: the id that counts from now on, and the `Set-Cookie` values. */
export interface Committed {
  readonly id: SessionId | undefined
  readonly setCookies: readonly string[]
  /** Those of the session, if there is one now. */
  readonly times?: SessionTimes
}

/** The times of a session, in milliseconds since 1970, as far as they are known. */
export interface SessionTimes {
  readonly createdAtMs?: number | undefined
  readonly expiresAtMs?: number
  readonly absoluteExpiresAtMs?: number
}

/** Keeps the limit of a user's sessions, once the new one is created; the old one is not counted, as it ends. */
async function keepLimit<Data extends object>(
  { users, maxSessionsPerUser: limit }: SessionContext<Data>,
  { opened, userId }: PendingChanges<Data>,
  id: SessionId,
): Promise<void> {
  if (!limit || userId === undefined) return
  const ending = opened && handleOf(opened.record.id)
  const live = (await users.list(userId)).filter(({ handle }) => handle !== ending)
  if (live.length <= limit.count) return
  if (limit.policy === 'endOldest') {
    // The oldest by the list, even if that is the new one: of sign-ins at the same time, all then spare the same ones.
    const beyond = live.slice(0, live.length - limit.count)
    await Promise.all(beyond.map(({ handle }) => users.endOne(userId, handle)))
    return
  }
  const own = live.findIndex(({ handle }) => handle === handleOf(id))
  if (own >= 0 && own < limit.count) return
  throw new SessionCommitError('too_many_sessions', `The user has ${limit.count} sessions, and may not have more.`)
}

/** Leaves the old id a grace: marks it, so that it takes neither change nor touch, and touches it down if it would outlive the grace. */
async function leaveGrace<Data extends object>(
  context: SessionContext<Data>,
  { record, envelope, dataText }: StoredSession,
  graceMs: number,
): Promise<void> {
  const { plugin } = context
  const marked = await updateRecord(context, record, encodeStoredSession(dataText, { ...envelope, isReplaced: true }))
  // A lifetime counts from when the touch takes effect: one by what is left now would end a little later than before.
  const nowMs = await nowOf(context, { record, envelope }, true)
  if (record.expiresAtMs - nowMs <= graceMs) return
  try {
    await plugin.touch(marked, graceMs)
  } catch (error) {
    // The visitor keeps this id, and has to be able to go on with it.
    await plugin.update(marked, record.dataJson).catch(() => undefined)
    throw error
  }
}

async function retire<Data extends object>(
  context: SessionContext<Data>,
  draft: PendingChanges<Data>,
  id: SessionId,
): Promise<void> {
  const { plugin, users } = context
  const { opened, next, endAll, graceMs } = draft
  if (next === 'signIn') await keepLimit(context, draft, id)
  if (opened && next === 'rotate') {
    if (graceMs > 0 && !endAll) return leaveGrace(context, opened, graceMs)
    // Rejects if the session was ended meanwhile: a rotation must not bring it back.
    await updateRecord(context, opened.record, opened.record.dataJson)
  }
  if (endAll?.sparesThis && users.canKeepOne) await users.endAll(endAll.userId, id)
  await Promise.all(endingOf(draft).map((one) => plugin.delete(one.id)))
}

/** Stores the draft under a fresh id, and ends the opened session: first the one, then the other. */
export async function replaceSession<Data extends object>(
  context: SessionContext<Data>,
  draft: PendingChanges<Data>,
  dataText: string,
): Promise<Committed> {
  const { plugin, lifetimes, clock, cookies } = context
  const { opened, userId, isRemembered, beganAtMs, bringsGuest } = draft
  const isGuest = draft.next === 'keep' || draft.next === 'end'
  const life = opened && beganAtMs !== undefined ? storedLifeOf(opened) : undefined
  const { ttlMs, cookieTtlMs } = opened && life ? await restOf(context, opened, life) : lifetimes.whole(isRemembered)
  const envelope = { isRemembered, isReplaced: false, beganAtMs: beganAtMs ?? 0, ttlMs: lifetimes.ttlMs(isRemembered) }
  const dataJson = encodeStoredSession(dataText, envelope)
  const nowMs = clock.estimateMs()
  const times = { createdAtMs: nowMs, expiresAtMs: nowMs + ttlMs, absoluteExpiresAtMs: nowMs + cookieTtlMs }
  const id = await plugin.create({ userId, dataJson, ttlMs })
  try {
    const setCookie = (isGuest ? cookies.guest : cookies.main).write(id, cookieTtlMs)
    await retire(context, draft, id)
    if (isGuest) {
      const endsMain = endingOf(draft).some(({ cookie }) => cookie === cookies.main)
      return { id, times, setCookies: endsMain ? [cookies.main.clear(), setCookie] : [setCookie] }
    }
    return { id, times, setCookies: bringsGuest ? [setCookie, cookies.guest.clear()] : [setCookie] }
  } catch (error) {
    // As far as possible: the visitor gets no cookie of it, and keeps the old one.
    await plugin.delete(id).catch(() => undefined)
    throw error
  }
}
