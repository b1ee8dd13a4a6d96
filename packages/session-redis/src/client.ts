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
  on(event: 'ready' | 'end', listener: () => void): unknown
  off(event: 'ready' | 'end', listener: () => void): unknown
  ping(): Promise<unknown>
  time(): Promise<unknown>
  get(key: string): Promise<string | null>
  mget(...keys: string[]): Promise<(string | null)[]>
  getrange(key: string, start: number, end: number): Promise<string>
  zrange(key: string, start: string, stop: string): Promise<string[]>
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(lua: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

const methods = [
  'connect',
  'on',
  'off',
  'ping',
  'time',
  'get',
  'mget',
  'getrange',
  'zrange',
  'evalsha',
  'eval',
] as const

export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Partial<Record<keyof RedisClient, unknown>>
  return typeof candidate.status === 'string' && methods.every((name) => typeof candidate[name] === 'function')
}

export function isCluster(client: RedisClient): boolean {
  return (client as { readonly isCluster?: unknown }).isCluster === true
}

/** Whether the client may send reads to replicas. */
export function readsFromReplicas(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly scaleReads?: unknown } }
  return options?.scaleReads !== undefined && options.scaleReads !== 'master'
}

interface Node {
  readonly stream?: Stream | null | undefined
}

function streamsOf(client: RedisClient): Stream[] {
  const { nodes } = client as { readonly nodes?: (role: 'master') => readonly Node[] }
  const connections = isCluster(client) && nodes ? nodes.call(client, 'master') : [client as Node]
  return connections.map(({ stream }) => stream).filter((stream) => typeof stream?.cork === 'function') as Stream[]
}

/** Holds what is written until the end of the tick, so that many commands leave in one go. */
export function corkUntilEndOfTick(client: RedisClient): void {
  for (const stream of streamsOf(client)) {
    stream.cork()
    process.nextTick(() => stream.uncork())
  }
}
