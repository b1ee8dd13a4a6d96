import { isSessionError, SessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import { describeType } from '../store-helpers/option-checks.js'
import { reportRejection } from './commit-error.js'
import type { RequestCookies, SessionCookie } from './cookie.js'
import type { AcceptedData } from './data.js'
import { acceptStoredData, toDataText } from './data.js'
import { assertNotExpired } from './expiry.js'
import { extend } from './extend.js'
import type { SessionContext } from './host.js'
import type { PendingSession, SessionReference } from './pending-changes.js'
import type { RequestSession } from './request-session.js'
import { createRequestSession } from './request-session.js'
import type { StoredSession } from './stored-session.js'
import { beganAtMsOf, decodeStoredSession } from './stored-session.js'

interface LoadedSession<Data extends object> extends AcceptedData<Data> {
  readonly stored: StoredSession
}

/** Resolves to the session, or undefined if it is not live. Adds it to `unreadable` if it is corrupt or invalid. */
async function load<Data extends object>(
  context: SessionContext<Data>,
  cookie: SessionCookie,
  id: SessionId,
  unreadable: SessionReference[],
): Promise<LoadedSession<Data> | undefined> {
  let record: SessionRecord | undefined
  try {
    record = await context.store.read(id)
    const { data, dataText, ...envelope } = decodeStoredSession(record.dataJson)
    await assertNotExpired(context, { record, envelope })
    return { stored: { record, envelope, dataText, cookie }, ...(await acceptStoredData(context, data, dataText)) }
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
  unreadable: SessionReference[],
): Promise<LoadedSession<Data> | undefined> {
  let notMigrated: LoadedSession<Data> | undefined
  for (const id of ids) {
    const loaded = await load(context, cookie, id, unreadable)
    if (loaded && beganAtMsOf(loaded.stored) !== undefined) return loaded
    notMigrated ??= loaded
  }
  return notMigrated
}

/** Resolves to a session of the legacy cookie. It will be migrated to the main cookie, or for a guest to the guest's. */
async function loadLegacy<Data extends object>(
  context: SessionContext<Data>,
  ids: readonly SessionId[],
  unreadable: SessionReference[],
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest } = context.cookies
  const loaded = await loadFirst(context, ids, main, unreadable)
  if (!loaded || loaded.stored.record.userId !== undefined) return loaded
  return { ...loaded, stored: { ...loaded.stored, cookie: guest } }
}

/** Resolves to the first live session of the cookies, without extending it. */
export async function loadFromCookies<Data extends object>(
  context: SessionContext<Data>,
  sent: RequestCookies,
  unreadable: SessionReference[],
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest } = context.cookies
  return (
    (await loadFirst(context, sent.main, main, unreadable)) ??
    (await loadLegacy(context, sent.legacy?.ids ?? [], unreadable)) ??
    (await loadFirst(context, sent.guest, guest, unreadable))
  )
}

function pendingSessionOf<Data extends object>(
  { initialData }: SessionContext<Data>,
  loaded: LoadedSession<Data> | undefined,
  unreadable: readonly SessionReference[],
  cookies: RequestCookies,
): PendingSession<Data> {
  const { stored, data = initialData(), unchangedText } = loaded ?? {}
  return {
    stored,
    unreadable,
    cookies,
    data,
    userId: stored?.record.userId,
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
): Promise<RequestSession<Data>> {
  const unreadable: SessionReference[] = []
  const loaded = await loadFromCookies(context, sent, unreadable)
  const extended = loaded && { ...loaded, stored: await extend(context, loaded.stored) }
  return createRequestSession(context, pendingSessionOf(context, extended, unreadable, sent))
}

/** Opens the session that a `Cookie` header names. */
export async function openFromHeader<Data extends object>(
  context: SessionContext<Data>,
  cookieHeader: string | null | undefined,
): Promise<RequestSession<Data>> {
  const header = cookieHeader ?? ''
  if (typeof header !== 'string') {
    throw new SessionError('bad_argument', `open needs a Cookie header, but it was given ${describeType(header)}.`)
  }
  return openSession(context, context.cookies.read(header))
}
