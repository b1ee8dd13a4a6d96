import { redisSessions } from '@bext/session-redis'
import type { Cluster, Redis } from 'ioredis'
import { timeoutMs, type OpenStore } from '../scenario.js'

/** ioredis options under which commands are queued while disconnected, and resent. */
export const retryingOptions = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  maxRetriesPerRequest: null,
} as const

/** Opens a store that opens its own connection. */
export function openByUrl(url: string): OpenStore {
  const store = redisSessions({ url, timeoutMs })
  return { store, close: () => store.close() }
}

/** Opens a store over a client. Closing the store disconnects the client, too. */
export function openWith(client: Redis | Cluster): OpenStore {
  // ioredis prints errors that have no listener, and all of them are expected here.
  client.on('error', () => {})
  const store = redisSessions({ client, timeoutMs })
  return {
    store,
    async close() {
      await store.close()
      client.disconnect()
    },
  }
}
