import { isError } from './fates.js'
import { nodeRedisWarnings, type NodeRedisOptions } from './node-redis-warnings.js'
import type { ClientState, CommandFate, ClientAdapter, SendToNode } from './adapter.js'

/**
 * The part that all clients of node-redis 5 and 6 share: those of `createClient`, `createClientPool`, `createCluster`
 * and `createSentinel`.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean
  on(event: string, listener: (...args: unknown[]) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
  withTypeMapping(mapping: never): unknown
}

interface CommandOptions {
  readonly typeMapping: object
  readonly timeout: undefined
  readonly abortSignal: undefined
}

/** A connection to one server. */
interface Single {
  readonly isOpen: boolean
  readonly isReady: boolean
  readonly options?: NodeRedisOptions | undefined
  sendCommand(command: readonly string[], options: CommandOptions): Promise<unknown>
}

interface Pool {
  readonly isOpen: boolean
  readonly isClosing: boolean
  execute<T>(work: (member: Single) => Promise<T>): Promise<T>
}

type Outcome = { readonly reply: unknown } | { readonly error: unknown }

interface ClusterNode {
  readonly client?: Single | undefined
}

interface Cluster {
  readonly isOpen: boolean
  readonly masters: readonly ClusterNode[]
  nodeClient(node: ClusterNode): Promise<Single>
  sendCommand(key: string, isReadonly: false, command: readonly string[], options: CommandOptions): Promise<unknown>
}

interface Sentinel {
  readonly isOpen: boolean
  readonly isReady: boolean
  getMasterNode(): unknown
  sendCommand(isReadonly: false, command: readonly string[], options: CommandOptions): Promise<unknown>
}

/** The differences between the kinds of clients. */
interface Kind {
  readonly name: string
  readonly isCluster: boolean
  readonly send: (command: readonly string[], key: string | undefined) => Promise<unknown>
  readonly isReady: () => boolean
  readonly masters: () => readonly SendToNode[]
  /** Options of the connections, if they can be read. */
  readonly options: () => NodeRedisOptions | undefined
}

// Plain replies, whatever type mapping the client has. No timer for each command, because the store has its own.
const plain: CommandOptions = Object.freeze({ typeMapping: {}, timeout: undefined, abortSignal: undefined })

const memberOffline = 'The pool chose a client without a connection.'

const unsentMessages: readonly string[] = [
  'The client is closed',
  'The client is offline',
  'The queue is full',
  'All the root nodes are unavailable',
  memberOffline,
]
const poolWaitedInVain = 'Timeout waiting for a client'

// Bundlers rename the classes of errors, so the text has to tell. Redis begins every error with a code in capitals.
function isReply(error: Error): boolean {
  return !('code' in error) && /^[A-Z]{2,}[A-Z0-9_]*(?: |$)/.test(error.message)
}

function fateOf(error: unknown): CommandFate {
  if (!isError(error)) return 'unknown'
  if (isReply(error)) return 'answered'
  const unsent = unsentMessages.includes(error.message) || error.message.startsWith(poolWaitedInVain)
  return unsent ? 'unsent' : 'unknown'
}

function kindOfSingle(client: Single): Kind {
  const send: SendToNode = (command) => client.sendCommand(command, plain)
  return {
    name: 'client',
    isCluster: false,
    send,
    isReady: () => client.isReady,
    masters: () => [send],
    options: () => client.options ?? {},
  }
}

function kindOfPool(pool: Pool): Kind {
  // A member without a connection would queue the command, although another member may have a connection. Early
  // versions also leave a rejection unhandled if the work for a member rejects, so it does not.
  async function send(command: readonly string[]): Promise<unknown> {
    const outcome = await pool.execute(async (member): Promise<Outcome> => {
      if (!member.isReady) return { error: new Error(memberOffline) }
      try {
        return { reply: await member.sendCommand(command, plain) }
      } catch (error) {
        return { error }
      }
    })
    if ('error' in outcome) throw outcome.error
    return outcome.reply
  }
  // A pool does not tell whether its members are connected.
  return {
    name: 'pool',
    isCluster: false,
    send,
    isReady: () => !pool.isClosing,
    masters: () => [send],
    options: () => undefined,
  }
}

// With minimizeConnections, a node has no client until it gets its first command.
function isUsable({ client }: ClusterNode): boolean {
  return client === undefined || client.isReady
}

function kindOfCluster(cluster: Cluster): Kind {
  const toNode =
    (node: ClusterNode): SendToNode =>
    async (command) => {
      const client = await cluster.nodeClient(node)
      return client.sendCommand(command, plain)
    }
  return {
    name: 'cluster',
    isCluster: true,
    // A command without a key goes to one master. The cluster itself would send a PING to all of them.
    async send(command, key) {
      if (key !== undefined) return cluster.sendCommand(key, false, command, plain)
      const node = cluster.masters.find(isUsable)
      if (node === undefined) throw new Error('The client is offline')
      return toNode(node)(command)
    },
    isReady: () => cluster.masters.some(isUsable),
    masters: () => cluster.masters.map(toNode),
    options: () => cluster.masters.find(({ client }) => client !== undefined)?.client?.options,
  }
}

function kindOfSentinel(sentinel: Sentinel): Kind {
  const send: SendToNode = (command) => sentinel.sendCommand(false, command, plain)
  return {
    name: 'sentinel',
    isCluster: false,
    send,
    isReady: () => sentinel.isReady && sentinel.getMasterNode() !== undefined,
    masters: () => [send],
    options: () => undefined,
  }
}

function has(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')
}

function kindOf(client: object): Kind {
  if (has(client, 'nodeClient')) return kindOfCluster(client as Cluster)
  if (has(client, 'getMasterNode')) return kindOfSentinel(client as Sentinel)
  if (has(client, 'execute')) return kindOfPool(client as Pool)
  return kindOfSingle(client as Single)
}

/** Returns whether the value is a client of node-redis, of any version. */
export function isAnyNodeRedis(value: object): boolean {
  return typeof (value as { readonly isOpen?: unknown }).isOpen === 'boolean' && has(value, 'sendCommand', 'on')
}

/** Returns whether the value is a client of node-redis 5 or later. */
export function isNodeRedisClient(value: object): value is NodeRedisClient {
  return isAnyNodeRedis(value) && has(value, 'withTypeMapping')
}

const signsOfReady = ['ready', 'connect', 'node-ready', 'topology-change']
const signsOfLoss = ['error', 'end', 'terminated', 'disconnect', 'node-error', 'client-error']

/** Adapts a client of node-redis 5 or 6. */
export function adaptNodeRedis(client: NodeRedisClient): ClientAdapter {
  const kind = kindOf(client)
  const listened = client as unknown as { listenerCount?(event: 'error'): number }

  let lastError: unknown

  function state(): ClientState {
    if (!client.isOpen) return 'ended'
    return kind.isReady() ? 'ready' : 'connecting'
  }

  // Only the methods for single commands honour the client's `keyPrefix`, and these may answer from a cache.
  function keyPrefix(): string {
    const { _keyPrefix: prefix = '' } = client as { readonly _keyPrefix?: unknown }
    return String(prefix)
  }

  return {
    driver: 'node-redis',
    isCluster: kind.isCluster,
    // Each command is sent to a master, whatever `useReplicas` says.
    readsFromReplicas: false,

    async send(head, keys, tail) {
      const prefix = keyPrefix()
      const prefixed = prefix === '' ? keys : keys.map((key) => `${prefix}${key}`)
      return kind.send([...head, ...prefixed, ...tail], prefixed[0])
    },

    fateOf,
    state,
    whyNotReady: () => lastError ?? new Error(`The ${kind.name} of node-redis is not connected.`),
    // The application connects it.
    connect: () => {},

    listen(listener) {
      for (const event of signsOfReady) {
        client.on(event, () => {
          if (state() !== 'ready') return
          lastError = undefined
          listener.ready()
        })
      }
      // Without a listener for `error`, the first broken connection would end the process.
      for (const event of signsOfLoss) {
        client.on(event, (error?: unknown) => {
          if (isError(error)) lastError = error
          const now = state()
          if (now === 'ended') listener.ended()
          else if (now === 'connecting') listener.lost()
        })
      }
    },

    // It collects the commands of a turn of the event loop itself.
    cork: () => {},

    warnings: () => nodeRedisWarnings(kind.options(), kind.isCluster, listened.listenerCount?.('error') === 0),
    keyPrefix,
    masters: kind.masters,
  }
}
