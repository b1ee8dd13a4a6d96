import { SessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { Redis } from 'ioredis'
import type { ClientAdapter, StateListener } from './adapter.js'
import { adaptIoredis } from './ioredis.js'
import { loadIoredis } from './load-ioredis.js'

const maxReconnectDelayMs = 1000

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

// The server has become a replica, so another server is the master now.
function isFailedOver(error: Error): boolean {
  return error.message.includes('READONLY ')
}

/** A client that the store itself opens. */
export interface OwnClient {
  readonly client: ClientAdapter
  /** Closes the client, gracefully if the server answers in time. Never rejects. */
  readonly close: () => Promise<void>
}

/** Creates a client for a URL. It connects when a call needs it. */
export function createOwnClient(url: string, timeoutMs: number): OwnClient {
  let opened: { readonly redis: Redis; readonly adapter: ClientAdapter } | undefined
  let isOpening = false
  let isClosed = false
  let lastError: unknown
  let listener: StateListener | undefined

  // Loaded before a call needs it, because the deadline of that call is running.
  const loading = loadIoredis('Option url of redisSessions')
  loading.catch(() => {})

  async function open(): Promise<void> {
    const { Redis: Client } = await loading
    if (isClosed) return
    const redis = new Client(url, {
      ...safeClientOptions(timeoutMs),
      // After a failover the address may lead to the new master.
      reconnectOnError: isFailedOver,
      retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, maxReconnectDelayMs),
    })
    redis.on('error', (error) => {
      lastError = error
    })
    const adapter = adaptIoredis(redis)
    opened = { redis, adapter }
    if (listener !== undefined) adapter.listen(listener)
    adapter.connect()
  }

  function connect(): void {
    if (opened !== undefined) opened.adapter.connect()
    if (isOpening) return
    isOpening = true
    open().catch((error: Error) => {
      lastError = new SessionError('failed', error.message, { cause: error })
      listener?.lost()
    })
  }

  function inner(): ClientAdapter {
    if (opened === undefined) throw new Error('The client has not been opened.')
    return opened.adapter
  }

  return {
    client: {
      driver: 'ioredis',
      isCluster: false,
      readsFromReplicas: false,
      send: (head, keys, tail) => inner().send(head, keys, tail),
      fateOf: (error) => inner().fateOf(error),
      state: () => opened?.adapter.state() ?? (isOpening ? 'connecting' : 'idle'),
      whyNotReady: () => lastError ?? opened?.adapter.whyNotReady() ?? new Error('ioredis is still being loaded.'),
      connect,
      listen(each) {
        listener = each
      },
      cork: () => opened?.adapter.cork(),
      warnings: () => [],
      keyPrefix: () => '',
      masters: () => inner().masters(),
    },
    async close() {
      isClosed = true
      if (opened === undefined) return
      const { redis } = opened
      if (redis.status === 'ready') await withinDeadline(timeoutMs, () => redis.quit()).catch(() => {})
      redis.disconnect()
    },
  }
}
