import { describeType } from '../store-helpers/option-checks.js'
import { isSessionError, SessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import type { SessionCookie } from './cookie.js'
import type { RequestSession } from './request-session.js'
import { createRequestSession } from './request-session.js'
import type { StoredData } from './data.js'
import { acceptStoredData, toDataText } from './data.js'
import type { PendingChanges, StoredSession, Refused } from './pending-changes.js'
import { beganAtMsOf } from './pending-changes.js'
import { decodeStoredSession } from './stored-session.js'
import { extend } from './extend.js'
import type { SessionContext } from './options.js'
import { reportRejection } from './commit-error.js'
import { refuseOver } from './stored-life.js'

interface LoadedSession<Data extends object> extends StoredData<Data> {
  readonly opened: StoredSession
}

async function find<Data extends object>(
  context: SessionContext<Data>,
  cookie: SessionCookie,
  id: SessionId,
  refused: Refused[],
): Promise<LoadedSession<Data> | undefined> {
  let record: SessionRecord | undefined
  try {
    record = await context.plugin.read(id)
    const { data, dataText, ...envelope } = decodeStoredSession(record.dataJson)
    await refuseOver(context, { record, envelope })
    return { opened: { record, envelope, dataText, cookie }, ...(await acceptStoredData(context, data, dataText)) }
  } catch (error) {
    reportRejection(context.onRejection, 'open', error)
    const isCorrupt = isSessionError(error) && error.reason === 'corrupt'
    // A record that is corrupt stays so: to reject would keep the visitor out until the cookie ends.
    if (record || isCorrupt) refused.push({ id, cookie })
    else if (!isSessionError(error) || error.code === 'Backend') throw error
  }
  return undefined
}

/** The first of them that is a session of ours, or else the first that is a session of another program. */
async function findAmong<Data extends object>(
  context: SessionContext<Data>,
  ids: readonly SessionId[],
  cookie: SessionCookie,
  refused: Refused[],
): Promise<LoadedSession<Data> | undefined> {
  let notMoved: LoadedSession<Data> | undefined
  for (const id of ids) {
    const found = await find(context, cookie, id, refused)
    if (found && beganAtMsOf(found.opened) !== undefined) return found
    notMoved ??= found
  }
  return notMoved
}

/** A session of the legacy cookie, which is to move into a cookie of ours. */
async function findLegacy<Data extends object>(
  context: SessionContext<Data>,
  ids: readonly SessionId[],
  refused: Refused[],
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest } = context.cookies
  const found = await findAmong(context, ids, main, refused)
  if (!found || found.opened.record.userId !== undefined) return found
  return { ...found, opened: { ...found.opened, cookie: guest } }
}

async function findFirst<Data extends object>(
  context: SessionContext<Data>,
  header: string,
  refused: Refused[],
): Promise<LoadedSession<Data> | undefined> {
  const { main, guest, legacy } = context.cookies
  return (
    (await findAmong(context, main.candidates(header), main, refused)) ??
    (await findLegacy(context, legacy?.candidates(header) ?? [], refused)) ??
    (await findAmong(context, guest.candidates(header), guest, refused))
  )
}

function draftOf<Data extends object>(
  { initialData, cookies }: SessionContext<Data>,
  found: LoadedSession<Data> | undefined,
  refused: readonly Refused[],
  header: string,
): PendingChanges<Data> {
  const { opened, data = initialData(), savedText } = found ?? {}
  return {
    opened,
    refused,
    header,
    bringsGuest: cookies.guest.candidates(header).length > 0,
    data,
    userId: opened?.record.userId,
    savedText: savedText ?? toDataText(data),
    next: 'keep',
    graceMs: 0,
    isRemembered: opened?.envelope.isRemembered ?? false,
    beganAtMs: opened && beganAtMsOf(opened),
    endAll: undefined,
  }
}

/** The session that the header names, or a new one. Rejects with `Backend` as the store does. */
export async function openSession<Data extends object>(
  context: SessionContext<Data>,
  cookieHeader: string | null | undefined,
): Promise<RequestSession<Data>> {
  const header = cookieHeader ?? ''
  if (typeof header !== 'string') {
    throw new SessionError('bad_argument', `open needs a Cookie header, but it was given ${describeType(header)}.`)
  }
  const refused: Refused[] = []
  const found = await findFirst(context, header, refused)
  const extended = found && { ...found, opened: await extend(context, found.opened) }
  return createRequestSession(context, draftOf(context, extended, refused, header))
}
