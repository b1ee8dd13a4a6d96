import { isCluster, readsFromReplicas, type RedisClient } from './client.js'

/** A client setting that makes calls fail, or that would break the contract if the store did not work around it. */
export interface ClientWarning {
  readonly code:
    | 'offline-queue'
    | 'no-offline-queue'
    | 'resends'
    | 'endless-retries'
    | 'no-socket-timeout'
    | 'replica-reads'
    | 'replica-role'
  /** Names the setting, its effect and the value to set. */
  readonly message: string
}

interface ClientOptions {
  readonly enableOfflineQueue?: unknown
  readonly autoResendUnfulfilledCommands?: unknown
  readonly maxRetriesPerRequest?: unknown
  readonly socketTimeout?: unknown
  readonly scaleReads?: unknown
  readonly role?: unknown
  readonly redisOptions?: ClientOptions | undefined
}

const workedAround = 'The store works around this, but the client still does it'

const messages: Readonly<Record<ClientWarning['code'], string>> = {
  'offline-queue': `enableOfflineQueue is on: while there is no connection, commands are queued, and sent long after their callers were told that they failed (contract E2). ${workedAround} for your other commands. Set enableOfflineQueue to false, and close the client with disconnect(), because quit() then rejects without a connection.`,
  'no-offline-queue': `enableOfflineQueue of the Cluster is off: ioredis rejects all commands for a node while it connects to that node, so calls fail at startup and whenever a connection breaks. Set enableOfflineQueue to true.`,
  resends: `autoResendUnfulfilledCommands is on: after a reconnect, commands that may have taken effect already are sent again (contract E2). ${workedAround} for your other commands. Set autoResendUnfulfilledCommands to false.`,
  'endless-retries': `maxRetriesPerRequest is null: commands are sent again until the server replies (contract E5). ${workedAround} and keeps the commands in memory. Set maxRetriesPerRequest to 0, or another small number.`,
  'no-socket-timeout': `socketTimeout is not set: a connection on which no reply arrives is kept for many minutes, during which all calls fail at their deadline (contract E5, H2). Set socketTimeout to a few seconds.`,
  'replica-reads': `scaleReads sends reads to replicas, which lag behind the master (contract R6). The store reads from masters through scripts instead, which is slower. Set scaleReads to 'master'.`,
  'replica-role': `role is 'slave': Sentinel connects the client to a replica, which rejects all writes. Set role to 'master'.`,
}

/** Returns a warning for each client setting that makes calls fail, or that the store has to work around. */
export function warningsForClient(client: RedisClient): ClientWarning[] {
  const { options = {} } = client as { readonly options?: ClientOptions }
  // A Cluster passes `redisOptions` on to the connections to its nodes.
  const connectionOptions = options.redisOptions ?? options
  const found: Readonly<Record<ClientWarning['code'], boolean>> = {
    'offline-queue': !isCluster(client) && options.enableOfflineQueue !== false,
    'no-offline-queue': isCluster(client) && options.enableOfflineQueue === false,
    // A Cluster resends commands because of retryDelayOnFailover, without which calls would fail when a connection
    // breaks.
    resends: !isCluster(client) && connectionOptions.autoResendUnfulfilledCommands !== false,
    'endless-retries': connectionOptions.maxRetriesPerRequest === null,
    'no-socket-timeout': typeof connectionOptions.socketTimeout !== 'number',
    'replica-reads': readsFromReplicas(client),
    'replica-role': options.role === 'slave',
  }
  return (Object.keys(messages) as ClientWarning['code'][])
    .filter((code) => found[code])
    .map((code) => ({ code, message: messages[code] }))
}
