import { note, ok, problem, type Finding } from '@bext/session-core/doctor'
import { settingOf, type RedisNode } from './node.js'

// What makes a server that can be reached refuse writes.

type Info = ReadonlyMap<string, string>

const scarce = 0.9

/** Compares what the server uses with its limit. */
export function examineMemory(memory: Info): Finding[] {
  const [used, limit] = [Number(memory.get('used_memory')), Number(memory.get('maxmemory'))]
  if (!(limit > 0) || !(used >= 0)) return []
  const found = `${used} of ${limit} bytes of maxmemory are used`
  const advice = 'Raise maxmemory, move other keys elsewhere, or let sessions expire sooner.'
  if (used < scarce * limit) return [ok('memory', found)]
  if (memory.get('maxmemory_policy') !== 'noeviction') {
    return [note('memory', found, 'Redis removes sessions to make room: see eviction.', advice)]
  }
  const why = 'A full Redis refuses new sessions and longer data. It still extends and ends sessions.'
  return [used >= limit ? problem('memory', found, why, advice) : note('memory', found, why, advice)]
}

/** Compares the replicas that are in time with how many the server needs to take a write. */
export async function examineReplicas(node: RedisNode, replication: Info): Promise<Finding[]> {
  const needed = Number((await settingOf(node, 'min-replicas-to-write')) ?? 0)
  const inTime = replication.get('min_slaves_good_slaves')
  if (!(needed > 0) || inTime === undefined) return []
  const found = `${inTime} of at least ${needed} replicas are in time`
  if (Number(inTime) >= needed) return [ok('replicas', found)]
  const why = 'The server refuses every write while it has fewer than min-replicas-to-write.'
  return [problem('replicas', found, why, 'Start replicas, or look at why they lag behind.')]
}

function diskProblem(found: string): Finding {
  const why = 'A server that cannot write to its disk refuses every write, with MISCONF.'
  return problem('persistence', found, why, 'Look at its log, and at the space and the rights on its disk.')
}

/** Looks at whether the server loads its data, and whether it could write to its disk. */
export async function examineDisk(node: RedisNode, persistence: Info): Promise<Finding[]> {
  const findings: Finding[] = []
  if (persistence.get('loading') === '1') {
    const why = 'It answers no call until it has read its data from the disk.'
    findings.push(problem('persistence', 'the server is loading its data', why, 'Wait, and run the doctor again.'))
  }
  if (persistence.get('aof_enabled') === '1' && persistence.get('aof_last_write_status') === 'err') {
    findings.push(diskProblem('the last write to the append-only file failed'))
  }
  if (persistence.get('rdb_last_bgsave_status') === 'err') {
    const stops = (await settingOf(node, 'stop-writes-on-bgsave-error')) !== 'no'
    const saves = (await settingOf(node, 'save')) !== ''
    const found = 'the last snapshot failed'
    const why = 'A crash loses all that happened since the last snapshot that worked.'
    const advice = 'Look at its log, and at the space and the rights on its disk.'
    findings.push(stops && saves ? diskProblem(found) : note('persistence', found, why, advice))
  }
  return findings
}
