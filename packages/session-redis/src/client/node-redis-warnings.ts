import { workedAround, type ClientWarning } from './warnings.js'

type NodeRedisCode = Extract<
  ClientWarning['code'],
  'offline-queue' | 'no-socket-timeout' | 'gives-up' | 'no-error-listener'
>

/** Options of a node-redis connection that cause warnings. */
export interface NodeRedisOptions {
  readonly disableOfflineQueue?: unknown
  readonly socket?:
    | { readonly socketTimeout?: unknown; readonly reconnectStrategy?: unknown; readonly [option: string]: unknown }
    | undefined
}

const messages: Readonly<Record<NodeRedisCode, string>> = {
  'offline-queue': `disableOfflineQueue is not set: while there is no connection, commands are queued, and sent long after their callers were told that they failed (contract E2). ${workedAround} for your other commands. Set disableOfflineQueue to true.`,
  'no-socket-timeout': `socket.socketTimeout is not set: a connection on which no reply arrives is kept for many minutes, during which all calls fail at their deadline (contract E5, H2). Set socket.socketTimeout to a few seconds, and socket.reconnectStrategy to a function that returns a delay.`,
  'gives-up': `socket.reconnectStrategy is false, or not set beside socket.socketTimeout: after the first broken connection, or the first idle period of socketTimeout, the client never connects again, and every call fails (contract H2). Set socket.reconnectStrategy to a function that returns a delay in milliseconds.`,
  'no-error-listener': `The client has no listener for error: its errors are not logged anywhere. Without the store's own listener, the first of them would end the process. Add client.on('error', …) before you create the store.`,
}

/** Returns a warning for each setting that makes calls fail, or that the store has to work around. */
export function nodeRedisWarnings(
  options: NodeRedisOptions | undefined,
  isCluster: boolean,
  hasNoErrorListener: boolean,
): ClientWarning[] {
  const { socket = {} } = options ?? {}
  const hasTimeout = typeof socket.socketTimeout === 'number'
  const found: Readonly<Record<NodeRedisCode, boolean>> = {
    // A Cluster needs the queue of a node while it connects to that node.
    'offline-queue': options !== undefined && !isCluster && options.disableOfflineQueue !== true,
    'no-socket-timeout': options !== undefined && !hasTimeout,
    'gives-up': socket.reconnectStrategy === false || (hasTimeout && socket.reconnectStrategy === undefined),
    'no-error-listener': hasNoErrorListener,
  }
  return (Object.keys(messages) as NodeRedisCode[])
    .filter((code) => found[code])
    .map((code) => ({ code, message: messages[code] }))
}
