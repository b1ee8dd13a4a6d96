import { isHash } from '@bext/session-core/store-helpers'
import { isIndexName } from '../user-index/index-keys.js'
import { problem, warning, ok, type Finding } from '@bext/session-core/doctor'
import { checkIndex, checkSession, noCounts, type Counts } from './check-keys.js'
import { scanPages, type Keys } from './scan-keys.js'

function reportFindings(counts: Counts, isComplete: boolean): Finding[] {
  const { sessions, corrupt, withoutExpiry, unlisted, entries, staleEntries } = counts
  const part = isComplete ? '' : ', but not all keys'
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
    findings.push(warning('user index', `${staleEntries} of ${entries} entries are of missing sessions`, why, advice))
  }
  return findings
}

/** Checks the keys of the sessions and indexes of a store. */
export async function examineKeys(keys: Keys): Promise<Finding[]> {
  const counts = noCounts()
  let isComplete = true
  const [seconds] = (await keys.any.call('TIME')) as readonly [unknown]
  const nowMs = Number(seconds) * 1000
  for (const node of keys.nodes) {
    let isLastPage = false
    for await (const { names, isLast } of scanPages(node, keys)) {
      isLastPage = isLast
      await Promise.all(names.filter((name) => isHash(name)).map((name) => checkSession(keys, name, counts)))
      // One index at a time, because each sends as many commands as a page has keys.
      for (const name of names.filter((one) => isIndexName(one))) await checkIndex(keys, name, nowMs, counts)
    }
    if (!isLastPage) isComplete = false
  }
  return reportFindings(counts, isComplete)
}
