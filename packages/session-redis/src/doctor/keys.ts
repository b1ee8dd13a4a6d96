import { isHash } from '@bext/session-core/store-helpers'
import { maxHeaderBytes, timeDigits, userTextOf } from '../sessions/record.js'
import { clockMarginMs, indexKeyOf, isIndexName, maxIndexLeadMs } from '../user-index/index-keys.js'
import { problem, warning, ok, type Finding } from '@bext/session-core/doctor'
import { refusalOf, type RedisNode } from './ask.js'

const pageSize = 500
const maxMembers = 100

/** Access to the keys of a store. */
export interface Keys {
  /** Reaches the keys of all nodes. */
  readonly any: RedisNode
  /** The nodes that hold keys. */
  readonly nodes: readonly RedisNode[]
  /** Prefix that the client puts before every key. */
  readonly keyPrefix: string
  readonly prefix: string
  /** Approximate number of keys to scan on each node, including those of other applications. */
  readonly maxKeys: number
}

interface Counts {
  complete: boolean
  sessions: number
  corrupt: number
  withoutExpiry: number
  unlisted: number
  entries: number
  staleEntries: number
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}

async function* scanPages(node: RedisNode, keys: Keys, counts: Counts): AsyncGenerator<readonly string[]> {
  const before = `${keys.keyPrefix}${keys.prefix}`
  const match = ['MATCH', `${escapePattern(before)}*`]
  let cursor = '0'
  let left = keys.maxKeys
  do {
    const count = Math.min(pageSize, left)
    const reply = await node.call('SCAN', cursor, ...match, 'COUNT', String(count))
    const [next, found] = reply as readonly [string, readonly string[]]
    cursor = next
    left -= count
    yield found.map((key) => key.slice(before.length))
  } while (cursor !== '0' && left > 0)
  if (cursor !== '0') counts.complete = false
}

/** Returns the reply; `undefined` if the key has a value of another type. */
async function unlessWrongType(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (refusalOf(error)?.includes('WRONGTYPE ')) return undefined
    throw error
  }
}

async function checkSession({ any, prefix }: Keys, name: string, counts: Counts): Promise<void> {
  const key = `${prefix}${name}`
  const header = await unlessWrongType(any.call('GETRANGE', key, '0', String(maxHeaderBytes - 1)))
  // The session has ended meanwhile.
  if (header === '') return
  counts.sessions += 1
  if (Number(await any.call('PTTL', key)) === -1) counts.withoutExpiry += 1
  const userText = typeof header === 'string' ? userTextOf(header) : undefined
  if (userText === undefined) counts.corrupt += 1
  if (!userText) return
  const expiresAtMs = Number(String(header).slice(0, timeDigits))
  const score = await unlessWrongType(any.call('ZSCORE', indexKeyOf(prefix, userText), name))
  // The score is always raised before the expiry, so a score that was read later is not less.
  if (score !== null && score !== undefined && Number(score) >= expiresAtMs) return
  // The entry may be gone because the session has ended, so check that the session still exists.
  if (Number(await any.call('EXISTS', key)) === 1) counts.unlisted += 1
}

async function checkIndex({ any, prefix }: Keys, name: string, nowMs: number, counts: Counts): Promise<void> {
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
      if (Number(await any.call('EXISTS', `${prefix}${member}`)) === 0) counts.staleEntries += 1
    }),
  )
}

function reportFindings(counts: Counts): Finding[] {
  const { complete, sessions, corrupt, withoutExpiry, unlisted, entries, staleEntries } = counts
  const part = complete ? '' : ', but not all keys'
  const findings = [ok('keys', `${sessions} sessions and ${entries} index entries were checked${part}`)]
  if (corrupt > 0) {
    const why = 'Reading them fails.'
    const advice = 'Find the program that writes them, and give it or the store another prefix.'
    findings.push(problem('keys', `${corrupt} keys have names of the store but hold something else`, why, advice))
  }
  if (withoutExpiry > 0) {
    const why = 'They are never deleted. The store always sets an expiry, so another program has removed it.'
    findings.push(problem('keys', `${withoutExpiry} keys never expire`, why, 'Find that program, and delete the keys.'))
  }
  if (unlisted > 0) {
    const why =
      'Their index entry is missing or expires too early, so "sign out everywhere" misses them. The cause can be a failover that lost writes of one node, or an eviction policy.'
    const advice = 'Wait: requests of their visitors list them again within an hour of use. Or delete them.'
    findings.push(problem('user index', `${unlisted} sessions are missing from their user's index`, why, advice))
  }
  if (staleEntries > 0) {
    const why =
      'Their sessions ended early. Redis evicted them, another program deleted them, a touch shortened them, or a process stopped between two commands.'
    const advice = 'If there are many, check the eviction policy above. The entries expire on their own.'
    findings.push(
      warning('user index', `${staleEntries} of ${entries} entries are of sessions that are gone`, why, advice),
    )
  }
  return findings
}

export async function examineKeys(keys: Keys): Promise<Finding[]> {
  const counts: Counts = {
    complete: true,
    sessions: 0,
    corrupt: 0,
    withoutExpiry: 0,
    unlisted: 0,
    entries: 0,
    staleEntries: 0,
  }
  const [seconds] = (await keys.any.call('TIME')) as readonly [unknown]
  const nowMs = Number(seconds) * 1000
  for (const node of keys.nodes) {
    for await (const names of scanPages(node, keys, counts)) {
      await Promise.all(names.filter((name) => isHash(name)).map((name) => checkSession(keys, name, counts)))
      // One index at a time, because each sends as many commands as a page has keys.
      for (const name of names.filter((one) => isIndexName(one))) await checkIndex(keys, name, nowMs, counts)
    }
  }
  return reportFindings(counts)
}
