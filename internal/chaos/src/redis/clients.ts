import { redisSessions } from '@bext/session-redis'
import type { Cluster, Redis } from 'ioredis'
import { timeoutMs, type OpenStore } from '../scenario.js'

/** What makes ioredis keep commands, and send them after all. */
export const eager = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  maxRetriesPerRequest: null,
} as const

/** A store with a connection of its own. */
export function openByUrl(url: string): OpenStore {
  const store = redisSessions({ url, timeoutMs })
  return { store, close: () => store.close() }
}

/** A store with that client, which is closed with it. */
export function openWith(client: Redis | Cluster): OpenStore {
  // ioredis prints what nobody listens to, and all of it is expected here.
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
