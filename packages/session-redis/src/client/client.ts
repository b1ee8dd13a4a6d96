/** The socket of an ioredis connection, as far as it is used here. */
interface Stream {
  cork(): void
  uncork(): void
}

/**
 * The part of an ioredis client that the store uses. `Redis` (a single server, or one found by Sentinel) and `Cluster`
 * both have it. It is declared here so that every version of ioredis from 5.4.1 on is accepted.
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
 * Returns whether the client is a Cluster with automatic pipelining. When the key of one command has moved, ioredis
 * repeats the whole pipeline on the other node, which does not have the other keys. An existing session is then
 * `NotFound`.
 */
export function pipelinesCluster(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly enableAutoPipelining?: unknown } }
  return isCluster(client) && Boolean(options?.enableAutoPipelining)
}

/** Returns whether the client may send reads to replicas. */
export function readsFromReplicas(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly scaleReads?: unknown } }
  return options?.scaleReads !== undefined && options.scaleReads !== 'master'
}

interface ClientNode {
  readonly stream?: (Partial<Stream> & { readonly writable?: unknown }) | null | undefined
  asking?(): Promise<unknown>
}

/**
 * Returns whether the client would send a command immediately. While a lost connection is closing, the status is still
 * `ready`, but ioredis queues or rejects commands.
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

function catchAskingRejections(node: ClientNode): void {
  const asking = node.asking?.bind(node)
  if (asking === undefined) return
  node.asking = () => {
    const reply = asking()
    reply.catch(() => {})
    return reply
  }
}

/**
 * Handles rejections of ASKING. While a slot is moving, a Cluster of ioredis sends ASKING before a command and drops
 * the promise. If the server rejects it or the connection breaks, the rejection would be unhandled and end the process.
 * The command that follows fails too, so its caller learns of the failure.
 */
export function catchAsking(client: RedisClient): void {
  if (!isCluster(client)) return
  for (const node of nodesOf(client, 'all')) catchAskingRejections(node)
  const cluster = client as unknown as { on(event: '+node', listener: (node: ClientNode) => void): unknown }
  cluster.on('+node', catchAskingRejections)
}

/** Buffers everything written until the end of the tick, so that several commands are sent in one write. */
export function corkUntilEndOfTick(client: RedisClient): void {
  for (const stream of streamsOf(client)) {
    stream.cork()
    process.nextTick(() => stream.uncork())
  }
}
