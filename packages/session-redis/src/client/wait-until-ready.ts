import { SessionError } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import { catchAsking, isSendable, type RedisClient } from './client.js'

/** The connection of a client, as its events describe it. All stores over the client share it. */
interface Watch {
  /** An attempt to connect has failed since the client was last ready. */
  failed: boolean
  /** The time of `performance.now()` since which the client has not been ready, or since which somebody waits for it. */
  soughtSinceMs: number | undefined
  readonly waiting: Set<() => void>
}

const watches = new WeakMap<RedisClient, Watch>()

function startWatch(client: RedisClient): Watch {
  const watch: Watch = { failed: false, soughtSinceMs: undefined, waiting: new Set() }
  let wasReady = client.status === 'ready'
  function wakeAll(): void {
    for (const wake of watch.waiting) wake()
  }
  client.on('ready', () => {
    wasReady = true
    watch.failed = false
    watch.soughtSinceMs = undefined
    wakeAll()
  })
  client.on('close', () => {
    // A connection that closes without having been ready was an attempt.
    watch.failed = !wasReady
    wasReady = false
    watch.soughtSinceMs ??= performance.now()
    wakeAll()
  })
  client.on('end', () => {
    // Whoever connects the client again begins with a first connection.
    watch.failed = false
    watch.soughtSinceMs = undefined
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
 * Waits until a command would go straight to a server. A command that ioredis queues while it is offline outlives its
 * caller, so the store gives it none before (contract E2).
 *
 * Calls wait for a first connection, and for the next one after a short break. Once an attempt to connect has failed, or
 * the client has not been ready for `patienceMs`, they reject at once with `Backend` until the client is ready again:
 * otherwise each would wait for its deadline, and requests would pile up for as long as Redis is down. They also reject
 * at the deadline, and at once if the client has ended. The client has one listener for each event, however many stores
 * and callers there are.
 */
export function createWaitUntilReady(
  client: RedisClient,
  lastError: () => unknown,
  patienceMs: number,
): (deadline: Deadline) => Promise<void> {
  const watch = watches.get(client) ?? startWatch(client)

  return async function ready(deadline: Deadline): Promise<void> {
    while (!isSendable(client)) {
      const { status } = client
      if (status === 'end') {
        throw new SessionError('closed', 'The Redis client has ended: create a new one, or call its connect().')
      }
      const nowMs = performance.now()
      watch.soughtSinceMs ??= nowMs
      if (watch.failed || nowMs >= deadline.atMs || nowMs - watch.soughtSinceMs >= patienceMs) {
        throw toBackendError(lastError() ?? new Error(`The ioredis client's status is ${status}.`), 'unavailable')
      }
      // It fails at the first error, while the client goes on trying: its status tells what came of it.
      if (status === 'wait') client.connect().catch(() => {})
      await changeOrDeadline(watch, deadline)
    }
  }
}
