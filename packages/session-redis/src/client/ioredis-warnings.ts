import { workedAround, type ClientWarning } from './warnings.js'

type IoredisCode = Exclude<ClientWarning['code'], 'gives-up' | 'no-error-listener'>

/** Options of an ioredis client that cause warnings. */
export interface IoredisOptions {
  readonly enableOfflineQueue?: unknown
  readonly autoResendUnfulfilledCommands?: unknown
  readonly maxRetriesPerRequest?: unknown
  readonly socketTimeout?: unknown
  readonly scaleReads?: unknown
  readonly role?: unknown
  readonly redisOptions?: IoredisOptions | undefined
}

const messages: Readonly<Record<IoredisCode, string>> = {
  'offline-queue': `enableOfflineQueue is on: while there is no connection, commands are queued, and sent long after their callers were told that they failed (contract E2). ${workedAround} for your other commands. Set enableOfflineQueue to false, and close the client with disconnect(), because quit() then rejects without a connection.`,
  'no-offline-queue': `enableOfflineQueue of the Cluster is off: ioredis rejects all commands for a node while it connects to that node, so calls fail at startup and whenever a connection breaks. Set enableOfflineQueue to true.`,
  resends: `autoResendUnfulfilledCommands is on: after a reconnect, commands that may have taken effect already are sent again (contract E2). ${workedAround} for your other commands. Set autoResendUnfulfilledCommands to false.`,
  'endless-retries': `maxRetriesPerRequest is null: commands are sent again until the server replies (contract E5). ${workedAround} and keeps the commands in memory. Set maxRetriesPerRequest to 0, or another small number.`,
  'no-socket-timeout': `socketTimeout is not set: a connection on which no reply arrives is kept for many minutes, during which all calls fail at their deadline (contract E5, H2). Set socketTimeout to a few seconds.`,
  'replica-reads': `scaleReads sends reads to replicas, which lag behind the master (contract R6). The store reads from masters through scripts instead, which is slower. Set scaleReads to 'master'.`,
  'replica-role': `role is 'slave': Sentinel connects the client to a replica, which rejects all writes. Set role to 'master'.`,
}

/** Returns a warning for each client setting that makes calls fail, or that the store has to work around. */
export function ioredisWarnings(options: IoredisOptions, isCluster: boolean): ClientWarning[] {
  // A Cluster passes `redisOptions` on to the connections to its nodes.
  const connectionOptions = options.redisOptions ?? options
  const found: Readonly<Record<IoredisCode, boolean>> = {
    'offline-queue': !isCluster && options.enableOfflineQueue !== false,
    'no-offline-queue': isCluster && options.enableOfflineQueue === false,
    // A Cluster resends commands because of retryDelayOnFailover, without which calls would fail when a connection
    // breaks.
    resends: !isCluster && connectionOptions.autoResendUnfulfilledCommands !== false,
    'endless-retries': connectionOptions.maxRetriesPerRequest === null,
    'no-socket-timeout': typeof connectionOptions.socketTimeout !== 'number',
    'replica-reads': readsFromReplicas(options),
    'replica-role': options.role === 'slave',
  }
  return (Object.keys(messages) as IoredisCode[])
    .filter((code) => found[code])
    .map((code) => ({ code, message: messages[code] }))
}

/** Returns whether the client may send reads to replicas. */
export function readsFromReplicas({ scaleReads }: IoredisOptions): boolean {
  return scaleReads !== undefined && scaleReads !== 'master'
}
