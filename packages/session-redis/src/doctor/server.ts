import { infoOf, refusalOf, settingOf, type RedisNode } from './node.js'
import { examineDisk, examineMemory, examineReplicas } from './refusals.js'
import { note, ok, problem, type Finding } from '@bext/session-core/doctor'

const oldest = [6, 2]

function examineVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('version', `Redis ${version}`)
  const why = 'The store uses commands that it does not have.'
  return problem('version', `Redis ${version}`, why, `Use Redis ${oldest.join('.')} or later.`)
}

function examineEviction(memory: ReadonlyMap<string, string>): Finding {
  const policy = memory.get('maxmemory_policy') ?? 'unknown'
  if (policy === 'noeviction') return ok('eviction', 'maxmemory-policy is noeviction')
  const why =
    "When memory is short Redis removes keys by this policy. Visitors are signed out without a trace, and sign-out-everywhere misses sessions whose user's index was removed, until a touch lists them again."
  const advice = 'Set maxmemory-policy to noeviction: then new sessions are refused, and old ones stay.'
  const limited = memory.get('maxmemory') !== '0'
  const found = `maxmemory-policy is ${policy}${limited ? '' : ', and no maxmemory is set'}`
  return limited ? problem('eviction', found, why, advice) : note('eviction', found, why, advice)
}

function persistenceLoss(aof: boolean, fsync: string | undefined, save: string | undefined): string | undefined {
  if (aof && fsync === 'always') return undefined
  if (aof)
    return fsync === 'no'
      ? 'A crash of the machine loses what the system had not written.'
      : 'A crash loses about the last second.'
  if (save === '') return 'A restart ends all sessions.'
  return 'A crash loses all that happened since the last snapshot: sessions that had been ended are back.'
}

async function examinePersistence(node: RedisNode, persistence: ReadonlyMap<string, string>): Promise<Finding> {
  const aof = persistence.get('aof_enabled') === '1'
  const [fsync, save] = [await settingOf(node, 'appendfsync'), await settingOf(node, 'save')]
  const snapshots = save === '' ? 'no snapshots' : save === undefined ? 'snapshots unknown' : 'snapshots'
  const found = aof ? `appendonly yes, appendfsync ${fsync ?? 'unknown'}` : `appendonly no, ${snapshots}`
  const loss = persistenceLoss(aof, fsync, save)
  if (loss === undefined) return ok('persistence', found)
  return note(
    'persistence',
    found,
    loss,
    'Set appendonly yes, and appendfsync always if no acknowledged write may be lost.',
  )
}

function examineRole(role: string | undefined): Finding[] {
  if (role === 'master') return []
  const why = 'It refuses every write, and lags behind what was written.'
  const advice = 'Connect to the master, or with a client that finds it by Sentinel or as a Cluster.'
  return [problem('role', 'the server is a replica', why, advice)]
}

// How many masters of the Cluster have slots; `undefined` if the user may not ask.
async function shardsOf(node: RedisNode): Promise<string | undefined> {
  try {
    return /^cluster_size:(\d+)/m.exec(String(await node.call('CLUSTER', 'INFO')))?.[1]
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    return undefined
  }
}

async function examineMode(node: RedisNode, mode: string | undefined, asCluster: boolean): Promise<Finding[]> {
  if (asCluster || mode !== 'cluster') return []
  if ((await shardsOf(node)) === '1') {
    const found = 'the server is the only shard of a Cluster, and the client is for a single server'
    const reason = 'Each command holds one key only, and the client does not know of a second shard.'
    return [note('mode', found, reason, 'Use a Cluster of ioredis before you add a shard.')]
  }
  const why = 'Sessions that belong to its other nodes cannot be reached.'
  const advice = 'Use a Cluster of ioredis; for the command line, the option --cluster.'
  return [problem('mode', 'the server is a node of a Cluster, and the client is for a single server', why, advice)]
}

/** Looks at one server. `asCluster` tells that the client knows of the others, too. */
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
