import { withinDeadline } from '@bext/session-core/store-helpers'
import { Redis } from 'ioredis'
import { isFailedOver } from '../errors.js'
import type { CheckedOptions } from '../options.js'
import type { RedisClient } from './client.js'
import { warningsForClient } from './warnings.js'

const maxReconnectDelayMs = 1000

/** The client of a store. */
export interface OpenClient {
  readonly client: RedisClient
  /** Returns the last connection error of a client that the store opened, and `undefined` for a given client. */
  readonly lastError: () => unknown
  /** Closes a client that the store opened, gracefully if the server answers in time. Never rejects. */
  readonly close: () => Promise<void>
}

/** The options that `safeClientOptions` sets. */
export interface SafeClientOptions {
  readonly lazyConnect: boolean
  readonly enableOfflineQueue: boolean
  readonly autoResendUnfulfilledCommands: boolean
  readonly maxRetriesPerRequest: number
  readonly connectTimeout: number
  readonly socketTimeout: number
}

/** Returns ioredis options under which commands are never queued, resent or left without a timeout. */
export function safeClientOptions(timeoutMs: number): SafeClientOptions {
  return {
    lazyConnect: true,
    // Commands are never stored to be sent later, so a call that has failed has ended (contract E2).
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Replace a connection on which no reply arrives, so that the store recovers from a silent network (contract H2).
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  }
}

function openOwnClient(url: string, timeoutMs: number): OpenClient {
  const client = new Redis(url, {
    ...safeClientOptions(timeoutMs),
    // After a failover the address may lead to the new master.
    reconnectOnError: isFailedOver,
    retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, maxReconnectDelayMs),
  })
  let lastError: unknown
  client.on('error', (error) => {
    lastError = error
  })
  return {
    client,
    lastError: () => lastError,
    close: async () => {
      if (client.status === 'ready') await withinDeadline(timeoutMs, () => client.quit()).catch(() => {})
      client.disconnect()
    },
  }
}

/** Returns the given client, or a new one for the URL that connects on its first command. */
export function connect(source: CheckedOptions['source'], timeoutMs: number): OpenClient {
  if ('url' in source) return openOwnClient(source.url, timeoutMs)
  const { client, onWarning } = source
  for (const warning of warningsForClient(client)) {
    // An error that the hook throws reaches the caller of the factory, so that an application can refuse to start. A
    // rejection has nowhere to go.
    Promise.resolve<unknown>(onWarning(warning)).catch(() => {})
  }
  return { client, lastError: () => undefined, close: async () => {} }
}
