import { isSessionError, SessionError } from '../contract/errors.js'
import { isSameData, readBack, refuseUnkept, toDataText } from './data.js'
import { isServerBackedId } from '../store-helpers/ids.js'
import type { PendingChanges, StoredSession } from './pending-changes.js'
import { endingOf } from './pending-changes.js'
import { encodeStoredSession } from './stored-session.js'
import type { SessionContext } from './options.js'
import type { Committed } from './replace-session.js'
import { replaceSession } from './replace-session.js'
import { expired, nowOf, storedLifeOf } from './stored-life.js'
import { updateRecord, updateAndTouch, touchIfAlive } from './update-record.js'

/**
 * Moves a session that another program made: both lifetimes begin now. One that does not fit stays as it was, if nothing
 * changed.
 */
async function move<Data extends object>(
  context: SessionContext<Data>,
  { record, envelope, dataText, cookie }: StoredSession,
  changedText: string | undefined,
): Promise<Committed> {
  const { isRemembered } = envelope
  const { ttlMs, cookieTtlMs } = context.lifetimes.whole(isRemembered)
  const nowMs = await nowOf(context, { record, envelope }, true)
  const dataJson = encodeStoredSession(changedText ?? dataText, { ...envelope, beganAtMs: nowMs, ttlMs })
  try {
    const id = await updateAndTouch(context, record, dataJson, ttlMs)
    const times = { expiresAtMs: nowMs + ttlMs, absoluteExpiresAtMs: nowMs + cookieTtlMs }
    return { id, times, setCookies: [cookie.write(id, cookieTtlMs)] }
  } catch (error) {
    const isTooLarge = isSessionError(error) && error.reason === 'too_large'
    if (changedText === undefined && isTooLarge)
      return { id: record.id, times: { expiresAtMs: record.expiresAtMs }, setCookies: [] }
    throw error
  }
}

/** Stores what changed of the opened session, under the id that it has. */
async function keep<Data extends object>(
  context: SessionContext<Data>,
  opened: StoredSession,
  changedText: string | undefined,
): Promise<Committed> {
  const { record, envelope, cookie } = opened
  const { lifetimes } = context
  const life = storedLifeOf(opened)
  if (!life) return move(context, opened, changedText)
  // A server-backed session was extended when it was opened.
  const isExtended = envelope.isReplaced || isServerBackedId(record.id)
  const nowMs = await nowOf(context, opened, false)
  const rest = lifetimes.rest(life, nowMs)
  const dueMs = isExtended ? undefined : lifetimes.touchTtlIfDue(life, nowMs)
  const expiresAtMs = dueMs === undefined ? record.expiresAtMs : nowMs + dueMs
  const times = {
    createdAtMs: record.createdAtMs || undefined,
    expiresAtMs,
    absoluteExpiresAtMs: lifetimes.absoluteExpiresAtMs(life),
  }
  let { id } = record
  if (changedText !== undefined) {
    // It came to its end during the request.
    if (!rest) throw expired()
    id = await (dueMs === undefined
      ? updateRecord(context, record, encodeStoredSession(changedText, envelope))
      : updateAndTouch(
          context,
          record,
          encodeStoredSession(changedText, { ...envelope, ttlMs: lifetimes.ttlMs(life.isRemembered) }),
          dueMs,
        ))
  } else if (dueMs !== undefined) {
    id = await touchIfAlive(context, record, dueMs)
  }
  // The cookie of an id that stays lasts to the absolute end already. Another Set-Cookie of it could come late, and
  // undo that of a rotation.
  if (id === record.id || !rest) return { id, times, setCookies: [] }
  return { id, times, setCookies: [cookie.write(id, rest.cookieTtlMs)] }
}

function assertNotReplaced<Data extends object>(
  { opened, next, endAll }: PendingChanges<Data>,
  isChanged: boolean,
): void {
  if (next !== 'keep' || !opened?.envelope.isReplaced || (!isChanged && !endAll)) return
  const message = 'The session was rotated by another request, and this id can only be read: open it by the new cookie.'
  throw new SessionError('unknown', message)
}

async function end<Data extends object>(
  { plugin, cookies }: SessionContext<Data>,
  draft: PendingChanges<Data>,
): Promise<Committed> {
  const ending = endingOf(draft)
  await Promise.all(ending.map(({ id }) => plugin.delete(id)))
  const cleared = new Set(ending.map(({ cookie }) => cookie))
  if (draft.bringsGuest) cleared.add(cookies.guest)
  return { id: undefined, setCookies: Array.from(cleared, (cookie) => cookie.clear()) }
}

/**
 * Ends all sessions of the user before anything is created, where none or not this one is spared. A store that cannot
 * spare it ends it too, and then the draft is stored under a fresh id.
 */
async function endAllFirst<Data extends object>(
  { plugin, users }: SessionContext<Data>,
  draft: PendingChanges<Data>,
): Promise<PendingChanges<Data>> {
  const { opened, endAll, next } = draft
  if (!endAll || (endAll.sparesThis && users.canKeepOne)) return draft
  // Who was signed out meanwhile does not come back by it.
  if (endAll.sparesThis && opened && next !== 'signIn') await plugin.read(opened.record.id)
  await users.endAll(endAll.userId)
  return endAll.sparesThis ? { ...draft, next: 'signIn' } : draft
}

async function store<Data extends object>(
  context: SessionContext<Data>,
  draft: PendingChanges<Data>,
  changedText: string | undefined,
): Promise<Committed> {
  const { opened, next, savedText, endAll } = draft
  if (next === 'signIn' || next === 'rotate') return replaceSession(context, draft, changedText ?? savedText)
  if (next === 'keep' && opened) {
    const kept = await keep(context, opened, changedText)
    if (endAll?.sparesThis) await context.users.endAll(endAll.userId, kept.id)
    return kept
  }
  if (changedText !== undefined) return replaceSession(context, draft, changedText)
  return next === 'end' ? end(context, draft) : { id: undefined, setCookies: [] }
}

/** The `Set-Cookie` values that remove the cookie from before, which would otherwise be read again once ours is gone. */
function legacyRemovals<Data extends object>(
  { cookies }: SessionContext<Data>,
  { header, next }: PendingChanges<Data>,
  setsCookies: boolean,
): readonly string[] {
  const isAnywhere = next === 'signIn' || next === 'end'
  if (!cookies.legacy || !(setsCookies || isAnywhere)) return []
  return cookies.legacy.clear(header, isAnywhere)
}

/** Tells whether the commit of the draft would store, end or rotate something, or refuse the data. */
export function hasChange<Data extends object>({ data, savedText, next, endAll }: PendingChanges<Data>): boolean {
  if (next !== 'keep' || endAll) return true
  try {
    return !isSameData(savedText, toDataText(data))
  } catch {
    return true
  }
}

export interface CommittedDraft<Data extends object> extends Committed {
  /** Makes the data as it is stored. */
  readonly readData: () => Data
}

/** Stores what a request made of its session. */
export async function commitDraft<Data extends object>(
  context: SessionContext<Data>,
  draft: PendingChanges<Data>,
): Promise<CommittedDraft<Data>> {
  const text = toDataText(draft.data)
  refuseUnkept(context, draft.data)
  const changedText = isSameData(draft.savedText, text) ? undefined : text
  assertNotReplaced(draft, changedText !== undefined)
  const isFresh = draft.next === 'signIn' || draft.next === 'rotate'
  const { schema } = context
  const checked = schema && (isFresh || changedText !== undefined ? await readBack(schema, text) : draft.data)
  const committed = await store(context, await endAllFirst(context, draft), changedText)
  const setCookies = [...committed.setCookies, ...legacyRemovals(context, draft, committed.setCookies.length > 0)]
  return { ...committed, setCookies, readData: () => checked ?? (JSON.parse(text) as Data) }
}
