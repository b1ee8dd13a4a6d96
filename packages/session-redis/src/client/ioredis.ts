import { isError } from './fates.js'
import { ioredisWarnings, readsFromReplicas, type IoredisOptions } from './ioredis-warnings.js'
import type { ClientState, CommandFate, ClientAdapter, SendToNode, StateListener } from './adapter.js'

/**
 * The part of an ioredis client that the store uses. `Redis` (a single server, or one found by Sentinel) and `Cluster`
 * both have it. It is declared here so that every version of ioredis from 5.4.1 on is accepted, and iovalkey.
 */
export interface IoredisClient {
  readonly status: string
  connect(): Promise<unknown>
  on(event: 'ready' | 'close' | 'end', listener: () => void): unknown
  ping(): Promise<unknown>
  time(): Promise<unknown>
  get(key: string): Promise<string | null>
  mget(...keys: string[]): Promise<(string | null)[]>
  getrange(key: string, start: number, end: number): Promise<string>
  zrange(key: string, start: string, stop: string): Promise<string[]>
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(lua: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

type Method = (...args: readonly string[]) => Promise<unknown>

/** The socket of a connection, as far as it is used here. */
interface Stream {
  cork(): void
  uncork(): void
}

/** The connection to one server. */
interface ClientNode {
  readonly stream?: (Partial<Stream> & { readonly writable?: unknown }) | null | undefined
  asking?(): Promise<unknown>
  call(...command: readonly string[]): Promise<unknown>
}

/** Further parts of a client, which not every version declares. */
interface ClientParts {
  readonly options?: IoredisOptions & { readonly keyPrefix?: unknown; readonly enableAutoPipelining?: unknown }
  readonly isCluster?: unknown
  readonly nodes?: (role: 'all' | 'master') => readonly ClientNode[]
  on(event: '+node', listener: (node: ClientNode) => void): unknown
}

const methods = ['connect', 'on', 'ping', 'time', 'get', 'mget', 'getrange', 'zrange', 'evalsha', 'eval'] as const

export function isIoredisClient(value: object): value is IoredisClient {
  const candidate = value as Partial<Record<keyof IoredisClient, unknown>>
  return typeof candidate.status === 'string' && methods.every((name) => typeof candidate[name] === 'function')
}

// When the key of one command has moved, ioredis repeats the whole pipeline on the other node, which does not have the
// other keys. An existing session is then `NotFound`.
const pipelinesCluster =
  'is a Cluster with enableAutoPipelining, which reports sessions as missing while slots move. Pass a separate Cluster without this setting.'

const unsentMessages: readonly string[] = [
  "Stream isn't writeable and enableOfflineQueue options is false",
  "Cluster isn't ready and enableOfflineQueue options is false",
]

function fateOf(error: unknown): CommandFate {
  if (!isError(error)) return 'unknown'
  if (error.name === 'ReplyError') return 'answered'
  if (unsentMessages.includes(error.message)) return 'unsent'
  return error.message === 'Command timed out' ? 'timeout' : 'unknown'
}

// While a slot is moving, a Cluster of ioredis sends ASKING before a command and drops the promise. If the server
// rejects it or the connection breaks, the rejection would be unhandled and end the process. The command that follows
// fails too, so its caller learns of the failure.
function catchAskingRejections(node: ClientNode): void {
  const asking = node.asking?.bind(node)
  if (asking === undefined) return
  node.asking = () => {
    const reply = asking()
    reply.catch(() => {})
    return reply
  }
}

/** Adapts a `Redis` or `Cluster` of ioredis or iovalkey. */
export function adaptIoredis(client: IoredisClient): ClientAdapter {
  const parts = client as unknown as ClientParts
  const { options = {} } = parts
  const isCluster = parts.isCluster === true

  function nodesOf(role: 'all' | 'master'): readonly ClientNode[] {
    return isCluster && parts.nodes ? parts.nodes(role) : [client as unknown as ClientNode]
  }

  return {
    driver: 'ioredis',
    isCluster,
    readsFromReplicas: readsFromReplicas(options),
    unusable: isCluster && Boolean(options.enableAutoPipelining) ? pipelinesCluster : undefined,

    send([name = '', ...head], keys, tail) {
      // The methods of all versions have the names of the commands, and honour every option of the client.
      const method: Method = client[name as 'ping']
      return method.call(client, ...head, ...keys, ...tail)
    },

    fateOf,

    // While a lost connection is closing, the status is still `ready`, but ioredis queues or rejects commands.
    state(): ClientState {
      const { status } = client
      if (status === 'end') return 'ended'
      if (status === 'wait') return 'idle'
      const { stream } = client as Partial<ClientNode>
      return status === 'ready' && stream?.writable !== false ? 'ready' : 'connecting'
    },

    whyNotReady: () => new Error(`The ioredis client's status is ${client.status}.`),

    // connect() rejects on the first error although the client keeps trying. Its status shows the result.
    connect: () => void client.connect().catch(() => {}),

    listen(listener: StateListener) {
      client.on('ready', () => listener.ready())
      client.on('close', () => listener.lost())
      client.on('end', () => listener.ended())
      if (!isCluster) return
      for (const node of nodesOf('all')) catchAskingRejections(node)
      parts.on('+node', catchAskingRejections)
    },

    cork() {
      for (const { stream } of nodesOf('master')) {
        if (typeof stream?.cork !== 'function') continue
        stream.cork()
        process.nextTick(() => stream.uncork?.())
      }
    },

    warnings: () => ioredisWarnings(options, isCluster),
    keyPrefix: () => (typeof options.keyPrefix === 'string' ? options.keyPrefix : ''),
    masters: () =>
      nodesOf('master').map(
        (node): SendToNode =>
          (command) =>
            node.call(...command),
      ),
  }
}
