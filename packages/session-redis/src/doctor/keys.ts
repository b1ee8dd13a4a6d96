import { isHash } from '@bext/session-core/store-helpers'
import { maxHeaderBytes, timeDigits, userTextOf } from '../sessions/record.js'
import { clockMarginMs, indexKeyOf, isIndexName, maxIndexLeadMs } from '../user-index/index-keys.js'
import { problem, note, ok, type Finding } from '@bext/session-core/doctor'
import { refusalOf, type RedisNode } from './node.js'

const pageSize = 500
const maxMembers = 100

/** How the doctor reaches the keys of a store. */
export interface Keys {
  /** Any node by which keys of all nodes are reached. */
  readonly any: RedisNode
  /** The nodes that hold keys. */
  readonly nodes: readonly RedisNode[]
  /** What the client puts before each key by itself. */
  readonly keyPrefix: string
  readonly prefix: string
  /** How many keys of each node are walked past, about, whosever they are. */
  readonly maxKeys: number
}

interface Tally {
  complete: boolean
  sessions: number
  foreign: number
  withoutExpiry: number
  unlisted: number
  entries: number
  staleEntries: number
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}

async function* pagesOf(node: RedisNode, keys: Keys, tally: Tally): AsyncGenerator<readonly string[]> {
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
  if (cursor !== '0') tally.complete = false
}

/** The reply; `undefined` if the key holds a value of a type that the command is not for. */
async function unlessWrongType(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (refusalOf(error)?.includes('WRONGTYPE ')) return undefined
    throw error
  }
}

async function lookAtSession({ any, prefix }: Keys, name: string, tally: Tally): Promise<void> {
  const key = `${prefix}${name}`
  const header = await unlessWrongType(any.call('GETRANGE', key, '0', String(maxHeaderBytes - 1)))
  // It has ended meanwhile.
  if (header === '') return
  tally.sessions += 1
  if (Number(await any.call('PTTL', key)) === -1) tally.withoutExpiry += 1
  const userText = typeof header === 'string' ? userTextOf(header) : undefined
  if (userText === undefined) tally.foreign += 1
  if (!userText) return
  const expiresAtMs = Number(String(header).slice(0, timeDigits))
  const score = await unlessWrongType(any.call('ZSCORE', indexKeyOf(prefix, userText), name))
  // What raises a session's expiry raises its entry's time before, so the one that was read later is no less.
  if (score !== null && score !== undefined && Number(score) >= expiresAtMs) return
  // A session that ends takes its entry along, so one that still lives is asked for again.
  if (Number(await any.call('EXISTS', key)) === 1) tally.unlisted += 1
}

async function lookAtIndex({ any, prefix }: Keys, name: string, nowMs: number, tally: Tally): Promise<void> {
  const key = `${prefix}${name}`
  if (Number(await any.call('PTTL', key)) === -1) tally.withoutExpiry += 1
  const latest = ['+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', '0', String(maxMembers), 'WITHSCORES']
  const reply = await unlessWrongType(any.call('ZRANGE', key, ...latest))
  if (reply === undefined) {
    tally.foreign += 1
    return
  }
  const flat = (reply as readonly unknown[]).flat()
  const members = flat.filter((_, position) => position % 2 === 0).map(String)
  tally.entries += members.length
  await Promise.all(
    members.map(async (member, position) => {
      // An entry outlives a session that expires by this much: that is its ordinary end.
      if (Number(flat[2 * position + 1]) < nowMs + maxIndexLeadMs + clockMarginMs) return
      if (Number(await any.call('EXISTS', `${prefix}${member}`)) === 0) tally.staleEntries += 1
    }),
  )
}

function report(tally: Tally): Finding[] {
  const { complete, sessions, foreign, withoutExpiry, unlisted, entries, staleEntries } = tally
  const part = complete ? '' : ', which is not all'
  const findings = [ok('keys', `${sessions} sessions and ${entries} index entries were looked at${part}`)]
  if (foreign > 0) {
    const why = 'Reading them fails.'
    const advice = 'Find out what writes there, and give it, or the store, another prefix.'
    findings.push(problem('keys', `${foreign} keys look like the store's and hold something else`, why, advice))
  }
  if (withoutExpiry > 0) {
    const why = 'They stay for ever. The store writes none, so something else has taken their expiry away.'
    findings.push(
      problem('keys', `${withoutExpiry} keys never expire`, why, 'Find out what writes there, and delete them.'),
    )
  }
  if (unlisted > 0) {
    const why =
      "They are not in their user's index, or not until their end, so sign-out-everywhere misses them. A failover that lost writes of one node can be the cause, or an eviction policy."
    const advice = 'Leave them to their visitors, whose requests list them again within an hour or so, or delete them.'
    findings.push(problem('user index', `${unlisted} sessions are missing from their user's index`, why, advice))
  }
  if (staleEntries > 0) {
    const why =
      'Their sessions ended early: Redis evicted them, something else deleted them, a touch shortened them, or a process ended between two commands.'
    const advice = 'If there are many, look at the eviction above. They go by themselves when their time has passed.'
    findings.push(
      note('user index', `${staleEntries} of ${entries} entries are of sessions that are gone`, why, advice),
    )
  }
  return findings
}

export async function examineKeys(keys: Keys): Promise<Finding[]> {
  const tally: Tally = {
    complete: true,
    sessions: 0,
    foreign: 0,
    withoutExpiry: 0,
    unlisted: 0,
    entries: 0,
    staleEntries: 0,
  }
  const [seconds] = (await keys.any.call('TIME')) as readonly [unknown]
  const nowMs = Number(seconds) * 1000
  for (const node of keys.nodes) {
    for await (const names of pagesOf(node, keys, tally)) {
      await Promise.all(names.filter((name) => isHash(name)).map((name) => lookAtSession(keys, name, tally)))
      // One after the other: each asks for as many keys as a page has.
      for (const name of names.filter((one) => isIndexName(one))) await lookAtIndex(keys, name, nowMs, tally)
    }
  }
  return report(tally)
}
