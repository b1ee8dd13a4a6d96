import { SessionError } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import type { ClientAdapter } from './adapter.js'

/** The state of a client's connection, kept up to date by its events and shared by all stores over the client. */
interface Watch {
  /** True if the client was ready when it was last looked at. */
  wasReady: boolean
  /** True if an attempt to connect has failed since the client was last ready. */
  failed: boolean
  /** When the client stopped being ready, or when a call first waited for it. A time of `performance.now()`. */
  unreadySinceMs: number | undefined
  readonly waiting: Set<() => void>
}

// Not every client reports that it has become ready again.
const pollMs = 50

const watches = new WeakMap<ClientAdapter, Watch>()

function noteReady(watch: Watch): void {
  watch.wasReady = true
  watch.failed = false
  watch.unreadySinceMs = undefined
}

function startWatch(client: ClientAdapter): Watch {
  const wasReady = client.state() === 'ready'
  const watch: Watch = { wasReady, failed: false, unreadySinceMs: undefined, waiting: new Set() }
  function wakeAll(): void {
    for (const wake of watch.waiting) wake()
  }
  client.listen({
    ready() {
      noteReady(watch)
      wakeAll()
    },
    lost() {
      // A connection that is lost before it was ready is a failed attempt.
      watch.failed = !watch.wasReady
      watch.wasReady = false
      watch.unreadySinceMs ??= performance.now()
      wakeAll()
    },
    ended() {
      // If the application connects the client again, that is a first connection.
      watch.wasReady = false
      watch.failed = false
      watch.unreadySinceMs = undefined
      wakeAll()
    },
  })
  watches.set(client, watch)
  return watch
}

function changeOrDeadline({ waiting }: Watch, deadline: Deadline): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(wake, Math.min(pollMs, Math.max(0, deadline.atMs - performance.now())))
    function wake(): void {
      clearTimeout(timer)
      waiting.delete(wake)
      resolve()
    }
    waiting.add(wake)
  })
}

/**
 * Returns a function that waits until the client would send a command immediately. It returns `undefined` if there is
 * nothing to wait for. A command that a client queues while it is offline could run after its caller has given up, so
 * the store sends none before (contract E2).
 *
 * Calls wait for the first connection, and for a new one after a short interruption. After an attempt to connect has
 * failed, or the client has not been ready for `maxUnreadyMs`, they reject immediately with `Backend` until the client
 * is ready again. Otherwise each would wait for its deadline, and requests would pile up while Redis is down. They also
 * reject at the deadline, and immediately if the client has ended. The client gets one listener for each event, however
 * many stores and callers use it.
 */
export function createWaitUntilReady(
  client: ClientAdapter,
  maxUnreadyMs: number,
): (deadline: Deadline) => Promise<void> | undefined {
  const watch = watches.get(client) ?? startWatch(client)

  async function wait(deadline: Deadline): Promise<void> {
    for (let state = client.state(); state !== 'ready'; state = client.state()) {
      if (state === 'ended') {
        const message = 'The Redis client is closed. Call its connect(), or create a new one.'
        throw new SessionError('closed', message, { cause: client.whyNotReady() })
      }
      const nowMs = performance.now()
      watch.unreadySinceMs ??= nowMs
      if (watch.failed || nowMs >= deadline.atMs || nowMs - watch.unreadySinceMs >= maxUnreadyMs) {
        throw toBackendError(client.whyNotReady(), 'unavailable')
      }
      if (state === 'idle') client.connect()
      await changeOrDeadline(watch, deadline)
    }
    noteReady(watch)
  }

  return (deadline) => {
    if (client.state() !== 'ready') return wait(deadline)
    if (!watch.wasReady) noteReady(watch)
    return undefined
  }
}
