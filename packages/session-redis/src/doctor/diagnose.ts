import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultTimeoutMs,
  describeType,
  rejectUnknownOptions,
  withinDeadline,
} from '@bext/session-core/store-helpers'
import { warningsForClient } from '../client/warnings.js'
import { isCluster, isRedisClient, pipelinesCluster, readsFromReplicas, type RedisClient } from '../client/client.js'
import { isServerReply } from '../errors.js'
import { checkPrefix, defaultPrefix } from '../options.js'
import { createWaitUntilReady } from '../client/wait-until-ready.js'
import { examineClocks } from './clocks.js'
import { examineCluster } from './cluster.js'
import { note, skipped, ok, problem, type Finding } from '@bext/session-core/doctor'
import { examineKeys } from './keys.js'
import { keyPrefixOf, mastersOf, nodeOf, refusalOf, type RedisNode } from './node.js'
import { examineServer } from './server.js'

export interface DiagnoseRedisOptions {
  /** The prefix of the store. Default: `session:`. */
  readonly prefix?: string | undefined
  /** How many keys of each server are walked past, about, whosever they are. Default: 10000. */
  readonly maxKeys?: number | undefined
  /** How long to wait for a connection, and for each answer, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'diagnoseRedis'
const defaultMaxKeys = 10_000
// Waiting ends before the timer does, so that it rejects with what the client waits for.
const leadMs = 5

const behindReplicas = note(
  'keys',
  skipped,
  'The client reads from replicas, which lag behind: what is there would seem to be missing.',
  "Ask again with a client whose scaleReads is 'master'.",
)

function examineClient(client: RedisClient): Finding[] {
  if (pipelinesCluster(client)) {
    const why =
      'While slots move, ioredis answers that a session is missing which exists. The store refuses the client.'
    return [problem('client', 'enableAutoPipelining is on for a Cluster', why, 'Use a Cluster without this setting.')]
  }
  const warnings = warningsForClient(client)
  if (warnings.length === 0) return [ok('client', 'its settings are right for a session store')]
  return warnings.map(({ code, message }) => note('client', code, message, 'See there.'))
}

/** What a check finds, or that it could not be made: the server refuses it, or has stopped to answer. */
async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    const [reason] = refusalOf(error)?.split(' ') ?? []
    if (reason === undefined) {
      return [problem(subject, skipped, 'Redis did not answer in time, or not at all.', 'Look at its log.')]
    }
    const why = `Redis refuses a command to this user, does not have it, or cannot do it now: ${reason}.`
    return [note(subject, skipped, why, 'Ask again as a user with more rights, or when Redis is well.')]
  }
}

async function examineServers(client: RedisClient, nodes: readonly RedisNode[]): Promise<Finding[]> {
  const found = await Promise.all(
    nodes.map(async (node, position) => {
      const findings = await attempt('server', () => examineServer(node, isCluster(client)))
      if (nodes.length === 1) return findings
      return findings.map((finding) => ({ ...finding, subject: `${finding.subject}, master ${position + 1}` }))
    }),
  )
  const [first] = nodes
  if (!isCluster(client) || first === undefined) return found.flat()
  return [...found.flat(), ...(await attempt('Cluster', () => examineCluster(first)))]
}

/**
 * Looks at what a store over this client depends on: the server's version, memory, eviction, persistence, replicas, clocks, the state
 * of a Cluster, keys that never expire, the users' indexes and the client's settings. It changes nothing, and looks at a
 * bounded number of keys. Nothing that it says holds an id, a user or data. Rejects with `Backend` if Redis cannot be
 * reached, and with a `TypeError` for a wrong option.
 */
export async function diagnoseRedis(
  client: RedisClient,
  options: DiagnoseRedisOptions = {},
): Promise<readonly Finding[]> {
  if (!isRedisClient(client)) {
    throw new TypeError(`${caller}: expected a Redis or Cluster of ioredis, but it is ${describeType(client)}.`)
  }
  rejectUnknownOptions(caller, options, ['prefix', 'maxKeys', 'timeoutMs'])
  const { prefix = defaultPrefix, maxKeys = defaultMaxKeys, timeoutMs = defaultTimeoutMs } = options
  checkPrefix(caller, prefix)
  checkPositiveInteger(caller, 'maxKeys', maxKeys)
  checkTimeoutMs(caller, timeoutMs)
  await withinDeadline(timeoutMs, async ({ atMs }) => {
    await createWaitUntilReady(client, () => undefined, timeoutMs)({ atMs: atMs - leadMs })
    // A server that answers with an error is there: what it refuses is a finding.
    await client.ping().catch((error: unknown) => {
      if (!isServerReply(error)) throw error
    })
  })
  const nodes = mastersOf(client, timeoutMs)
  const keys = { any: nodeOf(client, timeoutMs), nodes, keyPrefix: keyPrefixOf(client), prefix, maxKeys }
  return [
    ...(await examineServers(client, nodes)),
    ...(await attempt('clock', () => examineClocks(nodes))),
    ...(readsFromReplicas(client) ? [behindReplicas] : await attempt('keys', () => examineKeys(keys))),
    ...examineClient(client),
  ]
}
