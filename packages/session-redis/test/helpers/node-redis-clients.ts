import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '@bext/session-redis'
import type { OpenClient } from '../harness.js'

/** A client of node-redis, of whatever version. */
export type AnyClient = RedisClient & {
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The functions of node-redis that create clients, of whatever version. */
export interface NodeRedis {
  readonly createClient: (options: object) => AnyClient
  readonly createClientPool: (options: object) => AnyClient
  readonly createCluster: (options: object) => AnyClient
  readonly createSentinel: (options: object) => AnyClient
}

const retryMs = 50

/**
 * Connects a client, whose errors are ignored. The store waits for the connection. All clients but those of
 * `createClient` give up if their first attempt to connect fails, so that attempt is repeated.
 */
export function opened(client: AnyClient): { readonly client: AnyClient; readonly close: () => unknown } {
  let isClosed = false
  client.on('error', () => {})
  async function connect(): Promise<void> {
    while (!isClosed) {
      const connected = await client.connect().catch(() => undefined)
      if (connected !== undefined) return
      await sleep(retryMs)
    }
  }
  void connect()
  return {
    client,
    close() {
      isClosed = true
      return client.destroy()
    },
  }
}

/** Creates a cluster that reaches every node at the host and port of the URL. */
export function clusterThrough({ createCluster }: NodeRedis): OpenClient {
  return (url) => {
    const { hostname: host, port, username, password } = new URL(url)
    const nodeAddressMap = (): object => ({ host, port: Number(port) })
    return opened(createCluster({ rootNodes: [{ url }], defaults: { username, password }, nodeAddressMap }))
  }
}
