import { SessionError } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import { catchAsking, isSendable, type RedisClient } from './client.js'

/** The state of a client's connection, kept up to date by its events and shared by all stores over the client. */
interface Watch {
  /** True if an attempt to connect has failed since the client was last ready. */
  failed: boolean
  /** When the client stopped being ready, or when a call first waited for it. A time of `performance.now()`. */
  unreadySinceMs: number | undefined
  readonly waiting: Set<() => void>
}

const watches = new WeakMap<RedisClient, Watch>()

function startWatch(client: RedisClient): Watch {
  const watch: Watch = { failed: false, unreadySinceMs: undefined, waiting: new Set() }
  let wasReady = client.status === 'ready'
  function wakeAll(): void {
    for (const wake of watch.waiting) wake()
  }
  client.on('ready', () => {
    wasReady = true
    watch.failed = false
    watch.unreadySinceMs = undefined
    wakeAll()
  })
  client.on('close', () => {
    // A connection that closes before it was ready is a failed attempt.
    watch.failed = !wasReady
    wasReady = false
    watch.unreadySinceMs ??= performance.now()
    wakeAll()
  })
  client.on('end', () => {
    // If the application connects the client again, that is a first connection.
    watch.failed = false
    watch.unreadySinceMs = undefined
    wakeAll()
  })
  catchAsking(client)
  watches.set(client, watch)
  return watch
}

function changeOrDeadline({ waiting }: Watch, deadline: Deadline): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(wake, deadline.atMs - performance.now())
    function wake(): void {
      clearTimeout(timer)
      waiting.delete(wake)
      resolve()
    }
    waiting.add(wake)
  })
}

/**
 * Returns a function that waits until the client would send a command immediately. A command that ioredis queues while
 * it is offline could run after its caller has given up, so the store sends none before (contract E2).
 *
 * Calls wait for the first connection, and for a new one after a short interruption. After an attempt to connect has
 * failed, or the client has not been ready for `maxUnreadyMs`, they reject immediately with `Backend` until the client
 * is ready again. Otherwise each would wait for its deadline, and requests would pile up while Redis is down. They also
 * reject at the deadline, and immediately if the client has ended. The client gets one listener for each event, however
 * many stores and callers use it.
 */
export function createWaitUntilReady(
  client: RedisClient,
  lastError: () => unknown,
  maxUnreadyMs: number,
): (deadline: Deadline) => Promise<void> {
  const watch = watches.get(client) ?? startWatch(client)

  return async function ready(deadline: Deadline): Promise<void> {
    while (!isSendable(client)) {
      const { status } = client
      if (status === 'end') {
        throw new SessionError('closed', 'The Redis client has ended. Create a new one, or call its connect().')
      }
      const nowMs = performance.now()
      watch.unreadySinceMs ??= nowMs
      if (watch.failed || nowMs >= deadline.atMs || nowMs - watch.unreadySinceMs >= maxUnreadyMs) {
        throw toBackendError(lastError() ?? new Error(`The ioredis client's status is ${status}.`), 'unavailable')
      }
      // connect() rejects on the first error although the client keeps trying. Its status shows the result.
      if (status === 'wait') client.connect().catch(() => {})
      await changeOrDeadline(watch, deadline)
    }
  }
}
