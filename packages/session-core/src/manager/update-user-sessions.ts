import type { UserRecord, UserRecordsCapability } from '../contract/capabilities.js'
import { acceptStoredData, assertStorable, isSameData, readBack, toDataText } from './data.js'
import type { SessionContext } from './host.js'
import type { DecodedSession } from './stored-session.js'
import { decodeStoredSession, encodeStoredSession } from './stored-session.js'

/** Changes the data in place, or returns the new data. May be asynchronous, and called several times. */
export type ChangeData<Data extends object> = (data: Data) => Data | void | Promise<Data | void>

/** Numbers of a user's sessions, by what `updateUserSessions` did to them. */
export interface UpdatedUserSessions {
  /** Number of sessions whose data was changed. */
  readonly changed: number
  /** Number of sessions that `change` left as they were. */
  readonly unchanged: number
  /**
   * Number of sessions that were not changed: their stored data is not valid, or other calls changed them at each of many
   * attempts.
   */
  readonly missed: number
  /** Number of sessions that ended meanwhile, or that a rotation replaced meanwhile. The new ones are counted, too. */
  readonly gone: number
}

const maxRounds = 20

type Outcome = keyof UpdatedUserSessions | 'conflict'

interface Updated {
  readonly outcome: Outcome
  /** True if another session may have replaced this one since the list was read. */
  readonly mayBeReplaced: boolean
}

interface ReadData<Data extends object> {
  readonly decoded: DecodedSession
  readonly data: Data
  readonly unchangedText: string
}

async function readData<Data extends object>(
  context: SessionContext<Data>,
  dataJson: string,
): Promise<ReadData<Data> | undefined> {
  try {
    const decoded = decodeStoredSession(dataJson)
    return { decoded, ...(await acceptStoredData(context, decoded.data, decoded.dataText)) }
  } catch {
    return undefined
  }
}

async function updateOne<Data extends object>(
  context: SessionContext<Data>,
  records: UserRecordsCapability,
  userId: string,
  { handle, dataJson }: UserRecord,
  change: ChangeData<Data>,
): Promise<Updated> {
  const read = await readData(context, dataJson)
  if (!read) return { outcome: 'missed', mayBeReplaced: false }
  const { decoded, data, unchangedText } = read
  const changed = (await change(data)) ?? data
  const text = toDataText(changed)
  assertStorable(context, changed)
  const mayBeReplaced = decoded.isReplaced
  if (isSameData(unchangedText, text)) return { outcome: 'unchanged', mayBeReplaced }
  if (context.schema) await readBack(context.schema, text)
  const newJson = encodeStoredSession(text, decoded)
  const { outcome } = await records.updateUserRecord(userId, handle, dataJson, newJson)
  if (outcome === 'gone') return { outcome, mayBeReplaced: true }
  return { outcome: outcome === 'changed' ? 'conflict' : 'changed', mayBeReplaced }
}

/**
 * Changes the data of each of the user's sessions. A rotation creates the new session before it marks and ends the old
 * one. So a session that is marked or gone may have a successor that is not in the list yet, and the list is read again.
 */
export async function updateUserSessions<Data extends object>(
  context: SessionContext<Data>,
  records: UserRecordsCapability,
  userId: string,
  change: ChangeData<Data>,
): Promise<UpdatedUserSessions> {
  const counts = { changed: 0, unchanged: 0, missed: 0, gone: 0 }
  const done = new Set<string>()
  let conflicts = 0
  for (let round = 0; round < maxRounds; round += 1) {
    const open = (await records.listUserRecords(userId)).filter(({ handle }) => !done.has(handle))
    const results = await Promise.all(open.map((record) => updateOne(context, records, userId, record, change)))
    conflicts = 0
    for (const [position, { handle }] of open.entries()) {
      const outcome = results[position]?.outcome ?? 'conflict'
      if (outcome === 'conflict') {
        conflicts += 1
      } else {
        done.add(handle)
        counts[outcome] += 1
      }
    }
    if (conflicts === 0 && !results.some(({ mayBeReplaced }) => mayBeReplaced)) return counts
  }
  return { ...counts, missed: counts.missed + conflicts }
}
