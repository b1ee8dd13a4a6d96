import { isSessionError, SessionError } from '../contract/errors.js'
import { isSameData, readBack, assertStorable, toDataText } from './data.js'
import { assertProven, boundCookieOf } from './device-commit.js'
import { endSession } from './end-session.js'
import { expired, nowOf } from './expiry.js'
import type { Host, SessionContext } from './host.js'
import type { PendingChanges, PendingSession, SessionReference } from './pending-changes.js'
import type { CommitPlan } from './plan-commit.js'
import { planCommit, planKeep } from './plan-commit.js'
import type { Committed } from './replace-session.js'
import { replaceSession } from './replace-session.js'
import type { CookieToSet } from './set-cookie.js'
import type { StoredSession } from './stored-session.js'
import { mintFamilyId } from './session-names.js'
import { encodeStoredSession, storedLifeOf } from './stored-session.js'
import { touchIfAlive, updateAndTouch, updateRecord } from './update-record.js'

/**
 * Stores a session that another program created in the manager's format, with both timeouts starting now. A session that
 * is too large for it stays as it was, unless its data changed.
 */
async function migrate(
  host: Host,
  { record, envelope, dataText, cookie }: StoredSession,
  changedText: string | undefined,
): Promise<Committed> {
  const { isRemembered } = envelope
  const { ttlMs, cookieTtlMs } = host.lifetimes.whole(isRemembered)
  const nowMs = await nowOf(host, { record, envelope }, true)
  const dataJson = encodeStoredSession(changedText ?? dataText, {
    ...envelope,
    isAdopted: record.userId !== undefined,
    beganAtMs: nowMs,
    ttlMs,
    familyId: envelope.familyId ?? (host.users.supportsUserIndex ? undefined : mintFamilyId()),
  })
  try {
    const id = await updateAndTouch(host, record, dataJson, ttlMs)
    const times = { expiresAtMs: nowMs + ttlMs, absoluteExpiresAtMs: nowMs + cookieTtlMs }
    return { id, times, setCookies: [cookie.write(id, cookieTtlMs, isRemembered)] }
  } catch (error) {
    const isTooLarge = isSessionError(error) && error.reason === 'too_large'
    if (changedText === undefined && isTooLarge) {
      return { id: record.id, times: { expiresAtMs: record.expiresAtMs }, setCookies: [] }
    }
    throw error
  }
}

/** Stores the changed data of a session that keeps its id, and extends a sealed session. */
async function keep(host: Host, stored: StoredSession, changedText: string | undefined): Promise<Committed> {
  const { record, envelope, cookie } = stored
  const { lifetimes } = host
  const nowMs = await nowOf(host, stored, false)
  const { isExpired, ttlMs, rest } = planKeep(stored, changedText !== undefined, lifetimes, nowMs)
  if (isExpired) throw expired()
  let { id } = record
  if (changedText !== undefined) {
    id = await (ttlMs === undefined
      ? updateRecord(host, record, encodeStoredSession(changedText, envelope))
      : updateAndTouch(
          host,
          record,
          encodeStoredSession(changedText, { ...envelope, ttlMs: lifetimes.ttlMs(envelope.isRemembered) }),
          ttlMs,
        ))
  } else if (ttlMs !== undefined) {
    id = await touchIfAlive(host, record, ttlMs)
  }
  const life = storedLifeOf(stored)
  const times = {
    createdAtMs: record.createdAtMs || undefined,
    expiresAtMs: ttlMs === undefined ? record.expiresAtMs : nowMs + ttlMs,
    absoluteExpiresAtMs: life && lifetimes.absoluteExpiresAtMs(life),
  }
  // If the id is unchanged, the cookie is still valid until the absolute timeout. Sending it again could overwrite the
  // cookie of a concurrent rotation.
  if (id === record.id || !rest) return { id, times, setCookies: [] }
  return { id, times, setCookies: [cookie.write(id, rest.cookieTtlMs, envelope.isRemembered)] }
}

async function endSessions(
  host: Host,
  { cookies: sent }: PendingChanges,
  ends: readonly SessionReference[],
): Promise<Committed> {
  const { cookies } = host
  await Promise.all(ends.map(({ id }) => endSession(host, id)))
  const cleared = new Set(ends.map(({ cookie }) => cookie))
  if (sent.guest.length > 0) cleared.add(cookies.guest)
  return { id: undefined, setCookies: Array.from(cleared, (cookie) => cookie.clear()) }
}

/** Carries out a plan. */
async function execute(host: Host, pending: PendingChanges, plan: CommitPlan): Promise<Committed> {
  const { step, revokeAll } = plan
  if (revokeAll?.when === 'before') {
    if (revokeAll.isChecked && pending.stored) await host.store.read(pending.stored.record.id)
    await host.users.endAll(revokeAll.userId)
  }
  if (step.kind === 'replace') return replaceSession(host, pending, step, revokeAll)
  if (step.kind === 'end') return endSessions(host, pending, step.ends)
  if (step.kind !== 'keep' && step.kind !== 'migrate') return { id: undefined, setCookies: [] }
  const committed = await (step.kind === 'keep' ? keep : migrate)(host, step.stored, step.changedText)
  if (revokeAll?.when === 'after') await host.users.endAll(revokeAll.userId, committed.id)
  return committed
}

/** Returns cookies that clear the legacy cookie, which would be read again once ours has expired. */
function clearLegacyCookie(
  { cookies }: Host,
  { cookies: sent }: PendingChanges,
  { clearsLegacy }: CommitPlan,
  setsCookies: boolean,
): readonly CookieToSet[] {
  const { legacy } = cookies
  return legacy && sent.legacy && (setsCookies || clearsLegacy) ? legacy.clear(sent.legacy, clearsLegacy) : []
}

/** Returns true if a commit would change what is stored, or reject the data. */
export function hasChange<Data extends object>(pending: PendingSession<Data>): boolean {
  const { data, unchangedText, action, revokeAll } = pending
  if (action !== 'keep' || revokeAll) return true
  try {
    return !isSameData(unchangedText, toDataText(data))
  } catch {
    return true
  }
}

export interface CommittedSession<Data extends object> extends Committed {
  /** Returns the data as it was stored. */
  readonly readData: () => Data
}

/** Stores the changes that a request made to its session. */
export async function commitSession<Data extends object>(
  context: SessionContext<Data>,
  pending: PendingSession<Data>,
): Promise<CommittedSession<Data>> {
  const text = toDataText(pending.data)
  assertStorable(context, pending.data)
  const isChanged = !isSameData(pending.unchangedText, text)
  assertProven(pending, isChanged)
  const plan = planCommit(pending, isChanged ? text : undefined, context.users)
  if (plan.step.kind === 'reject') {
    const message = 'Another request rotated the session. Use the new cookie.'
    throw new SessionError('unknown', message)
  }
  const { schema } = context
  const validated = schema && (plan.isValidated ? await readBack(schema, text) : pending.data)
  const committed = await execute(context, pending, plan)
  const legacy = clearLegacyCookie(context, pending, plan, committed.setCookies.length > 0)
  const device = committed.isCreated ? [] : boundCookieOf(context, pending)
  return {
    ...committed,
    setCookies: [...committed.setCookies, ...device, ...legacy],
    readData: () => validated ?? (JSON.parse(text) as Data),
  }
}
