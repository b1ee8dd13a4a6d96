import {
  checkPositiveInteger,
  checkTimeoutMs,
  defaultMaxDataBytes,
  defaultTimeoutMs,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '@bext/session-core/store-helpers'
import type { ClientAdapter } from './client/adapter.js'
import { acceptedClients, adapterOf, remarkOn, type RedisClient } from './client/client.js'
import type { ClientWarning } from './client/warnings.js'

interface CommonOptions {
  /** Prefix of every key: 1 to 128 bytes, without `{` and `}`. Default: `session:`. */
  readonly prefix?: string | undefined
  /** Deadline of a call, in milliseconds (contract E5). Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** Largest `dataJson`, in bytes of UTF-8 (contract L1). Default: 1 MiB. */
  readonly maxDataBytes?: number | undefined
}

interface GivenClient {
  /** A client of ioredis or node-redis, or a `RedisAdapter`. The store never closes it. */
  readonly client: RedisClient
  /** Called by the factory for each client setting that the store has to work around. Default: ignored. */
  readonly onWarning?: ((warning: ClientWarning) => void) | undefined
  readonly url?: undefined
}

interface OwnClient {
  /** A `redis://` or `rediss://` URL. The store connects on its first call, and `close()` ends the connection. */
  readonly url: string
  readonly client?: undefined
  readonly onWarning?: undefined
}

/** Options of `redisSessions`: either `client` or `url`, and what both have in common. */
export type RedisSessionsOptions = CommonOptions & (GivenClient | OwnClient)

type Warn = (warning: ClientWarning) => void

/** The options of a store after their check, with the defaults filled in. */
export interface CheckedOptions {
  readonly source: { readonly client: ClientAdapter; readonly onWarning: Warn } | { readonly url: string }
  readonly prefix: string
  readonly timeoutMs: number
  readonly maxDataBytes: number
}

const factory = 'redisSessions'
const known = ['client', 'onWarning', 'url', 'prefix', 'timeoutMs', 'maxDataBytes']
const maxPrefixBytes = 128
/** Default prefix of the keys of a store. */
export const defaultPrefix = 'session:'

const defaults = Object.freeze({
  prefix: defaultPrefix,
  timeoutMs: defaultTimeoutMs,
  maxDataBytes: defaultMaxDataBytes,
})

/** Returns the adapter of a client that the store can use. Throws a `TypeError` for any other value. */
export function checkClient(caller: string, client: unknown): ClientAdapter {
  const adapter = adapterOf(client)
  if (adapter === undefined) {
    const found = `but it is ${describeType(client)}.${remarkOn(client)}`
    throw new TypeError(`${caller}: option client must be ${acceptedClients}, ${found}`)
  }
  if (adapter.unusable !== undefined) {
    throw new TypeError(`${caller}: option client ${adapter.unusable}`)
  }
  return adapter
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
  if (!prefix.isWellFormed()) throw new TypeError(`${caller}: option prefix must not contain a lone surrogate.`)
  const bytes = Buffer.byteLength(prefix)
  if (bytes === 0 || bytes > maxPrefixBytes) {
    throw new TypeError(`${caller}: option prefix must have 1 to ${maxPrefixBytes} bytes, but it has ${bytes}.`)
  }
  if (/[{}]/.test(prefix)) {
    throw new TypeError(
      `${caller}: option prefix must not contain { or }, which would put all keys on one node of a Cluster.`,
    )
  }
  return prefix
}

/** Checks the options and fills in the defaults. Throws a `TypeError` for a wrong or unknown option. */
export function checkOptions(options: unknown): CheckedOptions {
  rejectBareOption(factory, 'client', adapterOf(options) !== undefined)
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
    const reason = "the store's own connection never causes a warning"
    throw new TypeError(`${factory}: option onWarning requires option client, because ${reason}.`)
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
