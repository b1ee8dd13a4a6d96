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
  getrange(key: string, start: number, end: number): Promise<string>
  zrange(key: string, start: string, stop: string): Promise<string[]>
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(lua: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

const methods = ['connect', 'on', 'off', 'ping', 'time', 'get', 'getrange', 'zrange', 'evalsha', 'eval'] as const

export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Partial<Record<keyof RedisClient, unknown>>
  return typeof candidate.status === 'string' && methods.every((name) => typeof candidate[name] === 'function')
}

/** Whether the client may send reads to replicas, which lag behind what was written (contract R6). */
export function readsFromReplicas(client: RedisClient): boolean {
  const { options } = client as { readonly options?: { readonly scaleReads?: unknown } }
  return options?.scaleReads !== undefined && options.scaleReads !== 'master'
}
