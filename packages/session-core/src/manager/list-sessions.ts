import type { SessionSummary, UserRecord } from '../contract/capabilities.js'
import { describeType, rejectUnknownOptions } from '../store-helpers/option-checks.js'
import { acceptStoredData } from './data.js'
import type { Host, SessionContext } from './host.js'
import type { ListedSession, ListSessionsOptions } from './session.js'
import { familyIdOf } from './session-names.js'
import type { DecodedSession } from './stored-session.js'
import { authenticatedAtMsOf, decodeStoredSession, storedLifeOf } from './stored-session.js'
import { byAge } from './user-sessions.js'

type Describe<Data, Description> = (data: Data) => Description

/** Returns the option `describe` of a list. Throws a `TypeError` for a wrong option. */
export function checkDescribe<Data extends object, Description>(
  call: string,
  options: ListSessionsOptions<Data, Description>,
): Describe<Data, Description> | undefined {
  rejectUnknownOptions(call, options, ['describe'])
  const { describe } = options
  if (describe === undefined || typeof describe === 'function') return describe
  throw new TypeError(`${call}: option describe must be a function, but it is ${describeType(describe)}.`)
}

const unknown = {
  familyId: undefined,
  lastSeenAtMs: undefined,
  authenticatedAtMs: undefined,
  description: undefined,
}

/** Returns the stored session, or undefined if this version of the manager cannot have stored it. */
function decode({ dataJson }: UserRecord): DecodedSession | undefined {
  try {
    return decodeStoredSession(dataJson)
  } catch {
    return undefined
  }
}

async function detail<Data extends object, Description>(
  context: SessionContext<Data>,
  userId: string,
  listed: UserRecord,
  describe: Describe<Data, Description> | undefined,
): Promise<ListedSession<Description> | undefined> {
  const { handle, createdAtMs, expiresAtMs } = listed
  const summary: SessionSummary = { handle, createdAtMs, expiresAtMs }
  const decoded = decode(listed)
  if (!decoded) return { ...summary, ...unknown }
  const { data, dataText, ...envelope } = decoded
  if (envelope.isReplaced) return undefined
  const state = { record: { userId, createdAtMs, expiresAtMs }, envelope }
  const life = storedLifeOf(state)
  const accepted = describe && (await acceptStoredData(context, data, dataText).catch(() => undefined))
  return {
    ...summary,
    familyId: familyIdOf(handle, envelope),
    lastSeenAtMs: life && context.lifetimes.sinceMs(life),
    authenticatedAtMs: authenticatedAtMsOf(state),
    description: describe && accepted && describe(accepted.data),
  }
}

/** Adds to each session of the list if it is bound to a device. Changes nothing without the option `device`. */
async function markBound<Listed extends SessionSummary>(
  { device }: Pick<Host, 'device'>,
  list: readonly Listed[],
): Promise<readonly (Listed & { readonly isDeviceBound?: boolean })[]> {
  if (!device) return list
  const bound = await device.areBound(list.map(({ handle }) => handle))
  return list.map((one, index) => ({ ...one, isDeviceBound: bound[index] === true }))
}

/** Resolves to the user's live sessions, oldest first, except those that a rotation has replaced. */
export async function listSessions<Data extends object, Description>(
  context: SessionContext<Data>,
  userId: string,
  describe: Describe<Data, Description> | undefined,
): Promise<readonly ListedSession<Description>[]> {
  const { users, store } = context
  if (!users.records) {
    if (describe) {
      throw new TypeError(
        `The store ${store.name} does not list data. Check supportsUserRecords before you use describe.`,
      )
    }
    const summaries = await users.list(userId)
    return markBound(
      context,
      summaries.map((summary) => ({ ...summary, ...unknown })),
    )
  }
  const records = (await users.records.listUserRecords(userId)).toSorted(byAge)
  const listed = await Promise.all(records.map((record) => detail(context, userId, record, describe)))
  return markBound(
    context,
    listed.filter((session) => session !== undefined),
  )
}
