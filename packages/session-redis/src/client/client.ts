/** What a connection of an ioredis client gives its commands to. */
interface Stream {
  cork(): void
  uncork(): void
}

/**
 * What the store needs of an ioredis client. `Redis` (one server, or found by Sentinel) and `Cluster` have it; it is
 * spelled out here so that any version of ioredis from 5.4.1 on fits.
 */
export interface RedisClient {
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

const methods = ['connect', 'on', 'ping', 'time', 'get', 'mget', 'getrange', 'zrange', 'evalsha', 'eval'] as const

export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Partial<Record<keyof RedisClient, unknown>>
  return typeof candidate.status === 'string' && methods.every((name) => typeof candidate[name] === 'function')
}

export function isCluster(client: RedisClient): boolean {
  return (client as { readonly isCluster?: unknown }).isCluster === true
}

/**
 * Returns whether the client is a Cluster that makes pipelines by itself. When one command of a pipeline is moved, ioredis
 * repeats all of them at the other node, which does not have the other keys: a session that exists is `NotFound`.
 */
export function pipelinesCluster(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly enableAutoPipelining?: unknown } }
  return isCluster(client) && Boolean(options?.enableAutoPipelining)
}

/** Whether the client may send reads to replicas. */
export function readsFromReplicas(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly scaleReads?: unknown } }
  return options?.scaleReads !== undefined && options.scaleReads !== 'master'
}

interface ClientNode {
  readonly stream?: (Partial<Stream> & { readonly writable?: unknown }) | null | undefined
  asking?(): Promise<unknown>
}

/**
 * Returns whether the client would write a command to its connection at once. While a lost connection closes, its status
 * is still `ready`, but commands go to the queue or are refused.
 */
export function isSendable(client: RedisClient): boolean {
  if (client.status !== 'ready') return false
  const { stream } = client as ClientNode
  return stream?.writable !== false
}

function nodesOf(client: RedisClient, role: 'all' | 'master'): readonly ClientNode[] {
  const { nodes } = client as { readonly nodes?: (role: 'all' | 'master') => readonly ClientNode[] }
  return isCluster(client) && nodes ? nodes.call(client, role) : [client as ClientNode]
}

function streamsOf(client: RedisClient): Stream[] {
  return nodesOf(client, 'master')
    .map(({ stream }) => stream)
    .filter((stream) => typeof stream?.cork === 'function') as Stream[]
}

function catchAskingOf(node: ClientNode): void {
  const asking = node.asking?.bind(node)
  if (asking === undefined) return
  node.asking = () => {
    const reply = asking()
    reply.catch(() => {})
    return reply
  }
}

/**
 * Handles the rejections of ASKING. While a slot moves, a Cluster of ioredis sends it before a command and drops its
 * promise. If the server refuses it or the connection breaks, the rejection would be unhandled, which ends the process.
 * The command after it fails as well, and its caller is told.
 */
export function catchAsking(client: RedisClient): void {
  if (!isCluster(client)) return
  for (const node of nodesOf(client, 'all')) catchAskingOf(node)
  const cluster = client as unknown as { on(event: '+node', listener: (node: ClientNode) => void): unknown }
  cluster.on('+node', catchAskingOf)
}

/** Holds what is written until the end of the tick, so that many commands leave in one go. */
export function corkUntilEndOfTick(client: RedisClient): void {
  for (const stream of streamsOf(client)) {
    stream.cork()
    process.nextTick(() => stream.uncork())
  }
}
