import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'
import { settingOf, type RedisNode } from './ask.js'

// Reasons for which a server that can be reached rejects writes.

type Info = ReadonlyMap<string, string>

const nearlyFull = 0.9

/** Compares the memory in use with its limit. */
export function examineMemory(memory: Info): Finding[] {
  const [used, limit] = [Number(memory.get('used_memory')), Number(memory.get('maxmemory'))]
  if (!(limit > 0) || !(used >= 0)) return []
  const found = `${used} of ${limit} bytes of maxmemory are used`
  const advice = 'Raise maxmemory, move other keys elsewhere, or let sessions expire sooner.'
  if (used < nearlyFull * limit) return [ok('memory', found)]
  if (memory.get('maxmemory_policy') !== 'noeviction') {
    return [warning('memory', found, 'Redis evicts sessions to make room. See eviction below.', advice)]
  }
  const why = 'A full Redis rejects new sessions and longer data. It still extends and ends sessions.'
  return [used >= limit ? problem('memory', found, why, advice) : warning('memory', found, why, advice)]
}

/** Compares the number of replicas that keep up with the number that the server needs to accept a write. */
export async function examineReplicas(node: RedisNode, replication: Info): Promise<Finding[]> {
  const needed = Number((await settingOf(node, 'min-replicas-to-write')) ?? 0)
  const keepingUp = replication.get('min_slaves_good_slaves')
  if (!(needed > 0) || keepingUp === undefined) return []
  const found = `${keepingUp} of at least ${needed} replicas keep up`
  if (Number(keepingUp) >= needed) return [ok('replicas', found)]
  const why = 'The server rejects every write while it has fewer replicas than min-replicas-to-write.'
  return [problem('replicas', found, why, 'Start replicas, or find out why they lag behind.')]
}

function diskProblem(found: string): Finding {
  const why = 'A server that cannot write to its disk rejects every write with MISCONF.'
  return problem('persistence', found, why, 'Check its log, and the free space and permissions of its disk.')
}

/** Checks whether the server is still loading its data, and whether it can write to its disk. */
export async function examineDisk(node: RedisNode, persistence: Info): Promise<Finding[]> {
  const findings: Finding[] = []
  if (persistence.get('loading') === '1') {
    const why = 'It serves no calls until it has read its data from disk.'
    findings.push(problem('persistence', 'the server is loading its data', why, 'Wait, then run the doctor again.'))
  }
  if (persistence.get('aof_enabled') === '1' && persistence.get('aof_last_write_status') === 'err') {
    findings.push(diskProblem('the last write to the append-only file failed'))
  }
  if (persistence.get('rdb_last_bgsave_status') === 'err') {
    const stops = (await settingOf(node, 'stop-writes-on-bgsave-error')) !== 'no'
    const saves = (await settingOf(node, 'save')) !== ''
    const found = 'the last snapshot failed'
    const why = 'A crash loses all changes since the last successful snapshot.'
    const advice = 'Check its log, and the free space and permissions of its disk.'
    findings.push(stops && saves ? diskProblem(found) : warning('persistence', found, why, advice))
  }
  return findings
}
