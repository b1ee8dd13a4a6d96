import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultTimeoutMs,
  describeType,
  rejectUnknownOptions,
  withinDeadline,
} from '@bext/session-core/store-helpers'
import { warning, ok, problem, skipped, type Finding } from '@bext/session-core/doctor'
import type { ClientAdapter } from '../client/adapter.js'
import { acceptedClients, adapterOf, remarkOn, type RedisClient } from '../client/client.js'
import { isServerReply } from '../client/fates.js'
import { checkPrefix, defaultPrefix } from '../options.js'
import { createWaitUntilReady } from '../client/wait-until-ready.js'
import { examineClocks } from './clocks.js'
import { examineCluster } from './cluster.js'
import { examineKeys } from './keys.js'
import { anyNodeOf, attempt, mastersOf, runCommand, type RedisNode } from './ask.js'
import { examineServer } from './server.js'

/** Options of `diagnoseRedis`. */
export interface DiagnoseRedisOptions {
  /** Prefix of the store. Default: `session:`. */
  readonly prefix?: string | undefined
  /** Approximate number of keys to scan on each server, including those of other applications. Default: 10000. */
  readonly maxKeys?: number | undefined
  /** Time limit for the connection, and for each reply, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

const caller = 'diagnoseRedis'
const defaultMaxKeys = 10_000
// Stop waiting slightly before the timer fires, so that the call rejects with the real cause instead of a timeout.
const safetyMarginMs = 5

const behindReplicas = warning(
  'keys',
  skipped,
  'The client reads from replicas, which lag behind the master, so existing keys would seem to be missing.',
  "Run the doctor again with a client whose scaleReads is 'master'.",
)

function examineClient(client: ClientAdapter): Finding[] {
  if (client.unusable !== undefined) {
    const why = 'While slots are moving, ioredis reports existing sessions as missing. The store rejects this client.'
    return [problem('client', 'enableAutoPipelining is on for a Cluster', why, 'Use a Cluster without this setting.')]
  }
  const warnings = client.warnings()
  if (warnings.length === 0) return [ok('client', 'its settings suit a session store')]
  return warnings.map(({ code, message }) => warning('client', code, message, 'Change the option named above.'))
}

async function examineServers(client: ClientAdapter, nodes: readonly RedisNode[]): Promise<Finding[]> {
  const found = await Promise.all(
    nodes.map(async (node, position) => {
      const findings = await attempt('server', () => examineServer(node, client.isCluster))
      if (nodes.length === 1) return findings
      return findings.map((finding) => ({ ...finding, subject: `${finding.subject}, master ${position + 1}` }))
    }),
  )
  const [first] = nodes
  if (!client.isCluster || first === undefined) return found.flat()
  return [...found.flat(), ...(await attempt('Cluster', () => examineCluster(first)))]
}

/**
 * Checks what a store over this client depends on: the server's version, memory, eviction, persistence, replicas and
 * clocks, the state of a Cluster, keys that never expire, the users' indexes and the settings of the client. Changes
 * nothing, and reads a bounded number of keys. The findings contain no id, user id or session data. Rejects with
 * `Backend` if Redis cannot be reached, and with a `TypeError` for a wrong option.
 */
export async function diagnoseRedis(
  client: RedisClient,
  options: DiagnoseRedisOptions = {},
): Promise<readonly Finding[]> {
  const adapter = adapterOf(client)
  if (adapter === undefined) {
    const found = `but it is ${describeType(client)}.${remarkOn(client)}`
    throw new TypeError(`${caller}: expected ${acceptedClients}, ${found}`)
  }
  rejectUnknownOptions(caller, options, ['prefix', 'maxKeys', 'timeoutMs'])
  const { prefix = defaultPrefix, maxKeys = defaultMaxKeys, timeoutMs = defaultTimeoutMs } = options
  checkPrefix(caller, prefix)
  checkPositiveInteger(caller, 'maxKeys', maxKeys)
  checkTimeoutMs(caller, timeoutMs)
  await withinDeadline(timeoutMs, async ({ atMs }) => {
    await createWaitUntilReady(adapter, timeoutMs)({ atMs: atMs - safetyMarginMs })
    // A server that replies with an error can be reached, and its error becomes a finding.
    await runCommand(adapter, () => adapter.send(['ping'], [], [])).catch((error: unknown) => {
      if (!isServerReply(error)) throw error
    })
  })
  const nodes = mastersOf(adapter, timeoutMs)
  const keys = { any: anyNodeOf(adapter, timeoutMs), nodes, keyPrefix: adapter.keyPrefix(), prefix, maxKeys }
  return [
    ...(await examineServers(adapter, nodes)),
    ...(await attempt('clock', () => examineClocks(nodes))),
    ...(adapter.readsFromReplicas ? [behindReplicas] : await attempt('keys', () => examineKeys(keys))),
    ...examineClient(adapter),
  ]
}
