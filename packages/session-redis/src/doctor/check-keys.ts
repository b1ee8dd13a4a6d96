import { endedText, maxHeaderBytes, ownerTextOf, parseOwner, timeDigits } from '../sessions/record.js'
import { clockMarginMs, entryNameOf, hashInEntryName, indexKeyOf, maxIndexLeadMs } from '../user-index/index-keys.js'
import { refusalOf } from './ask.js'
import type { Keys } from './scan-keys.js'

const maxMembers = 100

/** Numbers of keys and index entries, and of those with faults. */
export interface Counts {
  sessions: number
  corrupt: number
  withoutExpiry: number
  unlisted: number
  entries: number
  staleEntries: number
}

export function noCounts(): Counts {
  return { sessions: 0, corrupt: 0, withoutExpiry: 0, unlisted: 0, entries: 0, staleEntries: 0 }
}

/** Resolves to the reply, or to undefined if the key has a value of another type. */
async function unlessWrongType(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (refusalOf(error)?.includes('WRONGTYPE ')) return undefined
    throw error
  }
}

/** Checks a session and its index entry. Adds the result to `counts`. */
export async function checkSession({ any, prefix }: Keys, name: string, counts: Counts): Promise<void> {
  const key = `${prefix}${name}`
  const header = await unlessWrongType(any.call('GETRANGE', key, '0', String(maxHeaderBytes - 1)))
  // The session has expired or was deleted meanwhile, or a delete is about to remove what it has kept.
  if (header === '' || String(header).startsWith(endedText)) return
  counts.sessions += 1
  if (Number(await any.call('PTTL', key)) === -1) counts.withoutExpiry += 1
  const ownerText = typeof header === 'string' ? ownerTextOf(header) : undefined
  if (ownerText === undefined) counts.corrupt += 1
  if (!ownerText) return
  const owner = parseOwner(ownerText)
  const expiresAtMs = Number(String(header).slice(0, timeDigits))
  const score = await unlessWrongType(any.call('ZSCORE', indexKeyOf(prefix, owner.userText), entryNameOf(name, owner)))
  // The score is always raised before the expiry, so a score that was read later is not less.
  if (score !== null && score !== undefined && Number(score) >= expiresAtMs) return
  // The entry may be missing because the session was deleted, so check that the session still exists.
  if (Number(await any.call('EXISTS', key)) === 1) counts.unlisted += 1
}

/** Checks the index of a user. Adds the result to `counts`. */
export async function checkIndex({ any, prefix }: Keys, name: string, nowMs: number, counts: Counts): Promise<void> {
  const key = `${prefix}${name}`
  if (Number(await any.call('PTTL', key)) === -1) counts.withoutExpiry += 1
  const latest = ['+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', '0', String(maxMembers), 'WITHSCORES']
  const reply = await unlessWrongType(any.call('ZRANGE', key, ...latest))
  if (reply === undefined) {
    counts.corrupt += 1
    return
  }
  const flat = (reply as readonly unknown[]).flat()
  const members = flat.filter((_, position) => position % 2 === 0).map(String)
  counts.entries += members.length
  await Promise.all(
    members.map(async (member, position) => {
      // An entry normally outlives an expired session by up to this time.
      if (Number(flat[2 * position + 1]) < nowMs + maxIndexLeadMs + clockMarginMs) return
      if (Number(await any.call('EXISTS', `${prefix}${hashInEntryName(member)}`)) === 0) counts.staleEntries += 1
    }),
  )
}
