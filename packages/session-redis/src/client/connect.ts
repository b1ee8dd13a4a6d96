import { withinDeadline } from '@bext/session-core/store-helpers'
import { Redis } from 'ioredis'
import { safeClientOptions } from './careful-options.js'
import type { RedisClient } from './client.js'
import { warningsForClient } from './warnings.js'
import { isFailedOver } from '../errors.js'
import type { CheckedOptions } from '../options.js'

const maxReconnectDelayMs = 1000

/** The client that the store uses, and what it may do with it. */
export interface OpenClient {
  readonly client: RedisClient
  /** The last thing that went wrong with the connection, if it is the store's own. */
  readonly lastError: () => unknown
  /** Ends the connection, in good order if the server answers in time, if it is the store's own. Never rejects. */
  readonly close: () => Promise<void>
}

function openOwn(url: string, timeoutMs: number): OpenClient {
  const client = new Redis(url, {
    ...safeClientOptions(timeoutMs),
    // The address may lead to the new master by now.
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

/** The client that was handed over, or one for the URL, which connects when it is first used. */
export function openClient(source: CheckedOptions['source'], timeoutMs: number): OpenClient {
  if ('url' in source) return openOwn(source.url, timeoutMs)
  const { client, onWarning } = source
  for (const warning of warningsForClient(client)) {
    // What the hook throws, the factory throws: so an application may refuse to start. A rejection could reach nobody.
    Promise.resolve<unknown>(onWarning(warning)).catch(() => {})
  }
  return { client, lastError: () => undefined, close: async () => {} }
}
