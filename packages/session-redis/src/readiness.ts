import { SessionError } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store'
import type { RedisClient } from './client.js'

/**
 * Waits until a command would go straight to a server. A command that ioredis queues while it is offline outlives its
 * caller, so none is given to it before (contract E2). Rejects with `Backend` at the deadline, and at once if the
 * client has ended. However many callers wait, the client has one listener for each event.
 */
export function createReadiness(client: RedisClient, lastError: () => unknown): (deadline: Deadline) => Promise<void> {
  const waiting = new Set<() => void>()

  function wakeAll(): void {
    for (const wake of waiting) wake()
  }

  function add(wake: () => void): void {
    if (waiting.size === 0) for (const event of ['ready', 'end'] as const) client.on(event, wakeAll)
    waiting.add(wake)
  }

  function remove(wake: () => void): void {
    waiting.delete(wake)
    if (waiting.size === 0) for (const event of ['ready', 'end'] as const) client.off(event, wakeAll)
  }

  function changeOrDeadline(deadline: Deadline): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(wake, deadline.atMs - performance.now())
      function wake(): void {
        clearTimeout(timer)
        remove(wake)
        resolve()
      }
      add(wake)
    })
  }

  return async function ready(deadline: Deadline): Promise<void> {
    while (client.status !== 'ready') {
      const { status } = client
      if (status === 'end') {
        throw new SessionError('closed', 'The Redis client has ended: create a new one, or call its connect().')
      }
      if (performance.now() >= deadline.atMs) {
        throw toBackendError(lastError() ?? new Error(`The ioredis client's status is ${status}.`), 'unavailable')
      }
      // It fails at the first error, while the client goes on trying: its status tells what came of it.
      if (status === 'wait') client.connect().catch(() => {})
      await changeOrDeadline(deadline)
    }
  }
}
