import { infoOf, refusalOf, settingOf, type RedisNode } from './ask.js'
import { examineDisk, examineMemory, examineReplicas } from './refusals.js'
import { warning, ok, problem, type Finding } from '@bext/session-core/doctor'

const oldest = [6, 2]

function examineVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('version', `Redis ${version}`)
  const why = 'The store uses commands that this version lacks.'
  return problem('version', `Redis ${version}`, why, `Use Redis ${oldest.join('.')} or later.`)
}

function examineEviction(memory: ReadonlyMap<string, string>): Finding {
  const policy = memory.get('maxmemory_policy') ?? 'unknown'
  if (policy === 'noeviction') return ok('eviction', 'maxmemory-policy is noeviction')
  const why =
    'When it runs out of memory, Redis evicts keys by this policy. Visitors are signed out without a trace. If it evicts a user\'s index, "sign out everywhere" misses the user\'s sessions until a touch lists them again.'
  const advice = 'Set maxmemory-policy to noeviction. A full server then rejects new sessions and keeps existing ones.'
  const limited = memory.get('maxmemory') !== '0'
  const found = `maxmemory-policy is ${policy}${limited ? '' : ', and no maxmemory is set'}`
  return limited ? problem('eviction', found, why, advice) : warning('eviction', found, why, advice)
}

function persistenceLoss(aof: boolean, fsync: string | undefined, save: string | undefined): string | undefined {
  if (aof && fsync === 'always') return undefined
  if (aof)
    return fsync === 'no'
      ? 'A crash of the machine loses whatever the operating system had not written to disk.'
      : 'A crash loses about the last second.'
  if (save === '') return 'A restart ends all sessions.'
  return 'A crash loses all changes since the last snapshot. Sessions that were ended since then exist again.'
}

async function examinePersistence(node: RedisNode, persistence: ReadonlyMap<string, string>): Promise<Finding> {
  const aof = persistence.get('aof_enabled') === '1'
  const [fsync, save] = [await settingOf(node, 'appendfsync'), await settingOf(node, 'save')]
  const snapshots = save === '' ? 'no snapshots' : save === undefined ? 'snapshots unknown' : 'snapshots'
  const found = aof ? `appendonly yes, appendfsync ${fsync ?? 'unknown'}` : `appendonly no, ${snapshots}`
  const loss = persistenceLoss(aof, fsync, save)
  if (loss === undefined) return ok('persistence', found)
  return warning(
    'persistence',
    found,
    loss,
    'Set appendonly yes. Also set appendfsync always if no acknowledged write may be lost.',
  )
}

function examineRole(role: string | undefined): Finding[] {
  if (role === 'master') return []
  const why = 'A replica rejects every write and lags behind the master.'
  const advice = 'Connect to the master, or use a client that finds it through Sentinel or as a Cluster.'
  return [problem('role', 'the server is a replica', why, advice)]
}

// Reads the number of masters that have slots; `undefined` if the user may not read it.
async function readShardCount(node: RedisNode): Promise<string | undefined> {
  try {
    return /^cluster_size:(\d+)/m.exec(String(await node.call('CLUSTER', 'INFO')))?.[1]
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    return undefined
  }
}

async function examineMode(node: RedisNode, mode: string | undefined, asCluster: boolean): Promise<Finding[]> {
  if (asCluster || mode !== 'cluster') return []
  if ((await readShardCount(node)) === '1') {
    const found = 'the server is the only shard of a Cluster, and the client is for a single server'
    const reason = 'Each command has only one key, and the client would not find a second shard.'
    return [warning('mode', found, reason, 'Use an ioredis Cluster before you add a shard.')]
  }
  const why = 'Sessions on the other nodes cannot be reached.'
  const advice = 'Use an ioredis Cluster. On the command line, add --cluster.'
  return [problem('mode', 'the server is a node of a Cluster, and the client is for a single server', why, advice)]
}

/** Checks one server. `asCluster` is true if the client is a Cluster and finds the other nodes. */
export async function examineServer(node: RedisNode, asCluster: boolean): Promise<Finding[]> {
  const server = await infoOf(node, 'server')
  const replication = await infoOf(node, 'replication')
  const memory = await infoOf(node, 'memory')
  const persistence = await infoOf(node, 'persistence')
  return [
    ...examineRole(replication.get('role')),
    ...(await examineMode(node, server.get('redis_mode'), asCluster)),
    examineVersion(server.get('redis_version') ?? 'unknown'),
    ...(await examineReplicas(node, replication)),
    ...examineMemory(memory),
    examineEviction(memory),
    ...(await examineDisk(node, persistence)),
    await examinePersistence(node, persistence),
  ]
}
