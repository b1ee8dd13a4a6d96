import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import { isRedisClient, pipelinesCluster, type RedisClient } from './client/client.js'
import type { ClientWarning } from './client/warnings.js'

interface CommonOptions {
  /** What the keys of this store begin with, at most 128 bytes without `{` and `}`. Default: `session:`. */
  readonly prefix?: string | undefined
  /** How long a call may take, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** The largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

interface HandedClient {
  /** Your ioredis `Redis` or `Cluster`. The store never closes it. */
  readonly client: RedisClient
  /** Is told, while the store is made, which settings of the client it has to guard against. Default: nobody is. */
  readonly onWarning?: ((warning: ClientWarning) => void) | undefined
  readonly url?: undefined
}

interface OwnClient {
  /** A `redis://` or `rediss://` URL. The store opens the connection at its first call, and `close()` ends it. */
  readonly url: string
  readonly client?: undefined
  readonly onWarning?: undefined
}

export type RedisSessionsOptions = CommonOptions & (HandedClient | OwnClient)

type Warn = (warning: ClientWarning) => void

export interface CheckedOptions {
  readonly source: { readonly client: RedisClient; readonly onWarning: Warn } | { readonly url: string }
  readonly prefix: string
  readonly timeoutMs: number
  readonly maxDataBytes: number
}

const factory = 'redisSessions'
const known = ['client', 'onWarning', 'url', 'prefix', 'timeoutMs', 'maxDataBytes']
const maxPrefixBytes = 128
/** What the keys of a store begin with unless told otherwise. */
export const defaultPrefix = 'session:'

const defaults = Object.freeze({
  prefix: defaultPrefix,
  timeoutMs: defaultTimeoutMs,
  maxDataBytes: defaultMaxDataBytes,
})

export function checkClient(caller: string, client: unknown): RedisClient {
  if (!isRedisClient(client)) {
    const given = describeType(client)
    throw new TypeError(`${caller}: option client must be a Redis or Cluster of ioredis, but it is ${given}.`)
  }
  if (pipelinesCluster(client)) {
    const fault = 'is a Cluster with enableAutoPipelining, which loses sessions while slots move'
    throw new TypeError(`${caller}: option client ${fault}: give the store a Cluster of its own without this setting.`)
  }
  return client
}

function checkOnWarning(onWarning: unknown): Warn {
  if (onWarning === undefined) return () => {}
  if (typeof onWarning === 'function') return onWarning as Warn
  throw new TypeError(`${factory}: option onWarning must be a function, but it is ${describeType(onWarning)}.`)
}

function checkUrl(url: unknown): string {
  if (typeof url === 'string' && /^rediss?:\/\//.test(url) && URL.canParse(url)) return url
  const given = typeof url === 'string' ? 'another string' : describeType(url)
  throw new TypeError(`${factory}: option url must be a redis:// or rediss:// URL, but it is ${given}.`)
}

export function checkPrefix(caller: string, prefix: unknown): string {
  if (typeof prefix !== 'string') {
    throw new TypeError(`${caller}: option prefix must be a string, but it is ${describeType(prefix)}.`)
  }
  if (!prefix.isWellFormed()) throw new TypeError(`${caller}: option prefix must not hold a lone surrogate.`)
  const bytes = Buffer.byteLength(prefix)
  if (bytes === 0 || bytes > maxPrefixBytes) {
    throw new TypeError(`${caller}: option prefix must have 1 to ${maxPrefixBytes} bytes, but it has ${bytes}.`)
  }
  if (/[{}]/.test(prefix)) {
    throw new TypeError(`${caller}: option prefix must not hold { or }, which would put all keys on one Cluster node.`)
  }
  return prefix
}

/** The options with their defaults. Throws a `TypeError` for what is wrong. */
export function checkOptions(options: unknown): CheckedOptions {
  rejectBareOption(factory, 'client', isRedisClient(options))
  rejectBareOption(factory, 'url', typeof options === 'string')
  rejectUnknownOptions(factory, options, known)
  const given = options as Partial<Record<string, unknown>>
  const { client, onWarning, url } = given
  const { prefix = defaults.prefix, timeoutMs = defaults.timeoutMs, maxDataBytes = defaults.maxDataBytes } = given
  if ((client === undefined) === (url === undefined)) {
    const seen = client === undefined ? 'neither was given' : 'both were given'
    throw new TypeError(`${factory}: expected either option client or option url, but ${seen}.`)
  }
  if (url !== undefined && onWarning !== undefined) {
    throw new TypeError(`${factory}: option onWarning goes with option client: the store's own client gives no cause.`)
  }
  return {
    source:
      client === undefined
        ? { url: checkUrl(url) }
        : { client: checkClient(factory, client), onWarning: checkOnWarning(onWarning) },
    prefix: checkPrefix(factory, prefix),
    timeoutMs: checkTimeoutMs(factory, timeoutMs),
    maxDataBytes: checkPositiveInteger(factory, 'maxDataBytes', maxDataBytes),
  }
}
