import { isSessionError, SessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import { describeType } from '../store-helpers/option-checks.js'
import { reportRejection } from './commit-error.js'
import type { RequestCookies, SessionCookie } from './cookie.js'
import type { AcceptedData } from './data.js'
import { acceptStoredData, toDataText } from './data.js'
import { assertNotExpired } from './expiry.js'
import { extend } from './extend.js'
import type { DeviceCheck, DeviceEvidence } from './device.js'
import type { Host, SessionContext } from './host.js'
import type { PendingSession, SessionReference } from './pending-changes.js'
import type { RequestSession } from './request-session.js'
import { createRequestSession } from './request-session.js'
import type { StoredSession } from './stored-session.js'
import { assertSessionRecord, beganAtMsOf, decodeStoredSession } from './stored-session.js'

interface LoadedSession<Data extends object> extends AcceptedData<Data> {
  readonly stored: StoredSession
  readonly check: DeviceCheck | undefined
}

/** Parts of a request that sessions are loaded with. */
export interface Loading {
  readonly evidence: DeviceEvidence
  readonly unreadable: SessionReference[]
  /** Check of the first session that the option `device` refused. */
  refused: DeviceCheck | undefined
}

export function loadingOf({ bound }: RequestCookies, skipped?: string | null): Loading {
  const evidence = { boundCookies: bound, skipped: skipped ?? undefined }
  return { evidence, unreadable: [], refused: undefined }
}

/** Resolves to the record, and to the check of its device. Both are read from the store in the same tick. */
async function read(
  { store, device }: Host,
  id: SessionId,
  evidence: DeviceEvidence,
): Promise<[record: SessionRecord, check?: DeviceCheck]> {
  if (!device) {
    const record = await store.read(id)
    assertSessionRecord(record)
    return [record]
  }
  const check = device.check(id, evidence)
  const found: [SessionRecord, DeviceCheck] =
    check instanceof Promise ? await Promise.all([store.read(id), check]) : [await store.read(id), check]
  assertSessionRecord(found[0])
  return found
}

/**
 * Resolves to the session, or undefined if it is not live. Adds it to `unreadable` if it is corrupt or invalid, or if the
 * option `device` refuses it.
 */
async function load<Data extends object>(
  context: SessionContext<Data>,
  cookie: SessionCookie,
  id: SessionId,
  loading: Loading,
): Promise<LoadedSession<Data> | undefined> {
  const { evidence, unreadable } = loading
  let record: SessionRecord | undefined
  try {
    const [found, check] = await read(context, id, evidence)
    record = found
    const { data, dataText, ...envelope } = decodeStoredSession(record.dataJson)
    await assertNotExpired(context, { record, envelope })
    if (check?.access === 'none') {
      loading.refused ??= check
      unreadable.push({ id, cookie })
      return undefined
    }
    const accepted = await acceptStoredData(context, data, dataText)
    return { stored: { record, envelope, dataText, cookie }, check, ...accepted }
  } catch (error) {
    reportRejection(context.onRejection, 'open', error)
    const isCorrupt = isSessionError(error) && error.reason === 'corrupt'
    // A corrupt record stays corrupt: rejecting would lock the visitor out until the cookie expires.
    if (record || isCorrupt) unreadable.push({ id, cookie })
    else if (!isSessionError(error) || error.code === 'Backend') throw error
  }
  return undefined
}

/** Resolves to the first live session of the manager, or else to the first live session of another program. */
async function loadFirst<Data extends object>(
  context: SessionContext<Data>,
  ids: readonly SessionId[],
  cookie: SessionCookie,
  loading: Loading,
): Promise<LoadedSession<Data> | undefined> {
  let notMigrated: LoadedSession<Data> | undefined
  for (const id of ids) {
    const loaded = await load(context, cookie, id, loading)
    if (loaded && beganAtMsOf(loaded.stored) !== undefined) return loaded
    notMigrated ??= loaded
  }
  return notMigrated
}

/** Resolves to a session of the legacy cookie. It will be migrated to the main cookie, or for a guest to the guest's. */
async function loadLegacy<Data extends object>(
  context: SessionContext<Data>,
  ids: readonly SessionId[],
  loading: Loading,
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest } = context.cookies
  const loaded = await loadFirst(context, ids, main, loading)
  if (!loaded || loaded.stored.record.userId !== undefined) return loaded
  return { ...loaded, stored: { ...loaded.stored, cookie: guest } }
}

/** Resolves to the first live session of the cookies, without extending it. */
export async function loadFromCookies<Data extends object>(
  context: SessionContext<Data>,
  sent: RequestCookies,
  loading: Loading,
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest } = context.cookies
  return (
    (await loadFirst(context, sent.main, main, loading)) ??
    (await loadLegacy(context, sent.legacy?.ids ?? [], loading)) ??
    (await loadFirst(context, sent.guest, guest, loading))
  )
}

function pendingSessionOf<Data extends object>(
  { initialData }: SessionContext<Data>,
  loaded: LoadedSession<Data> | undefined,
  { evidence, unreadable, refused }: Loading,
  cookies: RequestCookies,
): PendingSession<Data> {
  const { stored, data = initialData(), unchangedText, check } = loaded ?? {}
  const userId = stored?.record.userId
  return {
    stored,
    unreadable,
    cookies,
    evidence,
    // A refused session says why the visitor is a guest. Beside the session of a user it says nothing.
    check: userId === undefined ? (refused ?? check) : check,
    data,
    userId,
    unchangedText: unchangedText ?? toDataText(data),
    action: 'keep',
    graceMs: 0,
    isRemembered: stored?.envelope.isRemembered ?? false,
    beganAtMs: stored && beganAtMsOf(stored),
    revokeAll: undefined,
  }
}

/** Resolves to the session that the cookies name, or to a new one. Rejects with `Backend` if the store fails. */
export async function openSession<Data extends object>(
  context: SessionContext<Data>,
  sent: RequestCookies,
  skipped?: string | null,
): Promise<RequestSession<Data>> {
  const loading = loadingOf(sent, skipped)
  const loaded = await loadFromCookies(context, sent, loading)
  const extended = loaded && { ...loaded, stored: await extend(context, loaded.stored, loaded.check) }
  return createRequestSession(context, pendingSessionOf(context, extended, loading, sent))
}

/** Opens the session that a `Cookie` header names. */
export async function openFromHeader<Data extends object>(
  context: SessionContext<Data>,
  cookieHeader: string | null | undefined,
  skipped?: string | null,
): Promise<RequestSession<Data>> {
  const header = cookieHeader ?? ''
  if (typeof header !== 'string') {
    throw new SessionError('bad_argument', `open needs a Cookie header, but it was given ${describeType(header)}.`)
  }
  return openSession(context, context.cookies.read(header), skipped)
}
