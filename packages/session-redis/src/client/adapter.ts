import type { ClientWarning } from './warnings.js'

/**
 * The fate of a command that failed:
 *
 * - `answered`: the server replied with an error, so the command has ended;
 * - `unsent`: the client certainly did not send it, and never will;
 * - `timeout`: the client gave up waiting, and the command may have been sent;
 * - `unknown`: the command may have been sent, or may still be.
 */
export type CommandFate = 'answered' | 'unsent' | 'timeout' | 'unknown'

/**
 * The state of a client:
 *
 * - `ready`: it sends a command immediately;
 * - `idle`: it connects when its `connect` is called;
 * - `connecting`: it becomes ready on its own, or ends;
 * - `ended`: it stays so until the application connects it again.
 */
export type ClientState = 'ready' | 'idle' | 'connecting' | 'ended'

/** Called when the state of a client changes. A change that no listener reports is noticed a little later. */
export interface StateListener {
  /** The client has become ready. */
  ready(): void
  /** The connection was lost, or an attempt to connect has failed. */
  lost(): void
  /** The client has ended. */
  ended(): void
}

/** Sends a command to one server. */
export type SendToNode = (command: readonly string[]) => Promise<unknown>

/**
 * A client of some driver, as the store uses it. Commands are in lower case. Replies are strings, numbers, `null` and
 * arrays of these. In a reply that is an array, an `Error` stands for an error of the server.
 */
export interface ClientAdapter {
  /** Name of the driver, for error messages. */
  readonly driver: string
  /** True for a Cluster, in which each command has at most one key. */
  readonly isCluster: boolean
  /** True if commands that read may be sent to replicas. The store then reads through scripts. */
  readonly readsFromReplicas: boolean
  /** Why the store cannot use the client, and what to do, as the rest of a text that starts with "client". */
  readonly unusable?: string | undefined
  /**
   * Sends the command `head`, `keys`, `tail`, for example `['evalsha', sha1, '1']`, one key and the arguments. In a
   * Cluster it goes to the master of the first key, or to any master if it has no key.
   */
  send(head: readonly string[], keys: readonly string[], tail: readonly string[]): Promise<unknown>
  /** Classifies an error with which `send` has rejected. */
  fateOf(error: unknown): CommandFate
  state(): ClientState
  /** Returns why the client is not ready: the last error of its connection, or else a description of its state. */
  whyNotReady(): unknown
  /** Connects an idle client. */
  connect(): void
  /** Registers the only listener of the client. */
  listen(listener: StateListener): void
  /** Buffers what is written until the end of the tick, so that several commands are sent in one write. */
  cork(): void
  warnings(): readonly ClientWarning[]
  /** Prefix that the client puts before every key. */
  keyPrefix(): string
  /** Returns the master, or all masters of a Cluster. */
  masters(): readonly SendToNode[]
}
