import { describeType } from '../check-option.js'
import { isSessionError, SessionError } from '../error.js'
import type { SessionId } from '../plugin.js'
import type { SessionCookie } from './cookie.js'
import type { RequestSession } from './create-session.js'
import { createSession } from './create-session.js'
import type { StoredData } from './data.js'
import { acceptStoredData, toDataText } from './data.js'
import type { Draft, Opened } from './draft.js'
import { beganAtMsOf } from './draft.js'
import { unpack } from './envelope.js'
import type { SessionContext } from './options.js'
import { reportRejection } from './rejection.js'

interface Found<Data extends object> extends StoredData<Data> {
  readonly opened: Opened
}

async function find<Data extends object>(
  context: SessionContext<Data>,
  cookie: SessionCookie,
  id: SessionId,
): Promise<Found<Data> | undefined> {
  try {
    const record = await context.plugin.read(id)
    const { data, dataText, ...envelope } = unpack(record.dataJson)
    const accepted = await acceptStoredData(context, data, dataText)
    if (accepted) return { opened: { record, envelope, dataText, cookie }, ...accepted }
    context.onRejected?.({ during: 'open', reason: 'invalid_data' })
  } catch (error) {
    reportRejection(context.onRejected, 'open', error)
    if (!isSessionError(error) || error.code === 'Backend') throw error
  }
  return undefined
}

async function findFirst<Data extends object>(
  context: SessionContext<Data>,
  header: string,
): Promise<Found<Data> | undefined> {
  const { main, guest } = context.cookies
  for (const cookie of [main, guest]) {
    for (const id of cookie.candidates(header)) {
      const found = await find(context, cookie, id)
      if (found) return found
    }
  }
  return undefined
}

function draftOf<Data extends object>(
  { initialData, cookies }: SessionContext<Data>,
  found: Found<Data> | undefined,
  header: string,
): Draft<Data> {
  const { opened, data = initialData(), savedText } = found ?? {}
  return {
    opened,
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
  return createSession(context, draftOf(context, await findFirst(context, header), header))
}
