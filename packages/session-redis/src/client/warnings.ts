import { isCluster, readsFromReplicas, type RedisClient } from './client.js'

/** A setting of a client that would break the contract if the store did not guard against it, or that makes calls fail. */
export interface ClientWarning {
  readonly code:
    | 'offline-queue'
    | 'no-offline-queue'
    | 'resends'
    | 'endless-retries'
    | 'no-socket-timeout'
    | 'replica-reads'
    | 'replica-role'
  /** Which setting it is, what it does, and what to set. */
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

const guarded = 'The store guards against it, but the client still does it'

const messages: Readonly<Record<ClientWarning['code'], string>> = {
  'offline-queue': `enableOfflineQueue is on: commands that are given without a connection are kept and sent later, when their callers have long been told that they failed (contract E2). ${guarded} for your other commands: set enableOfflineQueue to false, and end the client by disconnect(), because quit() rejects then without a connection.`,
  'no-offline-queue': `enableOfflineQueue of the Cluster is off: ioredis rejects all commands for a node while it connects to that node, so calls fail at the start and after each break of a connection: set enableOfflineQueue to true.`,
  resends: `autoResendUnfulfilledCommands is on: after a reconnect commands are sent again that may have been carried out before (contract E2). ${guarded} for your other commands: set autoResendUnfulfilledCommands to false.`,
  'endless-retries': `maxRetriesPerRequest is null: commands are sent again for as long as there is no answer (contract E5). ${guarded}, and keeps them in memory: set maxRetriesPerRequest to 0, or another small number.`,
  'no-socket-timeout': `socketTimeout is not set: a connection on which nothing comes back is kept for many minutes, and all calls fail at their deadline meanwhile (contract E5, H2): set socketTimeout to some seconds.`,
  'replica-reads': `reads go to replicas, which lag behind what was written (contract R6). The store reads from masters by scripts, which is slower: set scaleReads to 'master'.`,
  'replica-role': `role is 'slave': Sentinel leads the client to a replica, which refuses all writes: leave role at 'master'.`,
}

/** What is wrong with the settings of an ioredis client, as far as it shows. */
export function warningsForClient(client: RedisClient): ClientWarning[] {
  const { options = {} } = client as { readonly options?: ClientOptions }
  // A Cluster hands these settings on to the connections with its nodes.
  const ofConnections = options.redisOptions ?? options
  const found: Readonly<Record<ClientWarning['code'], boolean>> = {
    'offline-queue': !isCluster(client) && options.enableOfflineQueue !== false,
    'no-offline-queue': isCluster(client) && options.enableOfflineQueue === false,
    // A Cluster sends again by its retryDelayOnFailover, without which calls would fail after each break of a connection.
    resends: !isCluster(client) && ofConnections.autoResendUnfulfilledCommands !== false,
    'endless-retries': ofConnections.maxRetriesPerRequest === null,
    'no-socket-timeout': typeof ofConnections.socketTimeout !== 'number',
    'replica-reads': readsFromReplicas(client),
    'replica-role': options.role === 'slave',
  }
  return (Object.keys(messages) as ClientWarning['code'][])
    .filter((code) => found[code])
    .map((code) => ({ code, message: messages[code] }))
}
