/** What ioredis needs so that a session store has nothing to guard against. */
export interface SafeClientOptions {
  readonly lazyConnect: boolean
  readonly enableOfflineQueue: boolean
  readonly autoResendUnfulfilledCommands: boolean
  readonly maxRetriesPerRequest: number
  readonly connectTimeout: number
  readonly socketTimeout: number
}

export function safeClientOptions(timeoutMs: number): SafeClientOptions {
  return {
    lazyConnect: true,
    // Nothing is kept to be sent later: a call that fails is over (contract E2).
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A connection on which nothing comes back is given up and made anew, so that a silent network heals (contract H2).
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  }
}
