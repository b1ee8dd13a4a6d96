import type { SendToNode } from './adapter.js'
import type { NodeRedisOptions } from './node-redis-warnings.js'

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

/** A kind of client: how it sends commands, and what it tells about its connections. */
export interface NodeRedisKind {
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

/** Message of the error of a pool that chose a member without a connection. Nothing was sent. */
export const memberOffline = 'The pool chose a client without a connection.'

function kindOfSingle(client: Single): NodeRedisKind {
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

function kindOfPool(pool: Pool): NodeRedisKind {
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

function kindOfCluster(cluster: Cluster): NodeRedisKind {
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

function kindOfSentinel(sentinel: Sentinel): NodeRedisKind {
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

/** Returns whether the object has these methods. */
export function has(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')
}

/** Recognises the kind of a client of node-redis by its methods. */
export function kindOf(client: object): NodeRedisKind {
  if (has(client, 'nodeClient')) return kindOfCluster(client as Cluster)
  if (has(client, 'getMasterNode')) return kindOfSentinel(client as Sentinel)
  if (has(client, 'execute')) return kindOfPool(client as Pool)
  return kindOfSingle(client as Single)
}
