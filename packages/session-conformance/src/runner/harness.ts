import type { SessionId, SessionPlugin } from '@bext/session-core'

/** Server-backed: the id is a key into a store. Client-backed: the id is the sealed session itself. */
export type StoreFamily = 'server' | 'client'

/** The optional interfaces that a harness can declare (contract O1 to O6). */
export const storeCapabilities = ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id'] as const

export type StoreCapability = (typeof storeCapabilities)[number]

/** Address of a backend that listens on TCP. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface OpenOptions {
  /**
   * Lower-case letters and digits. Stores of one namespace must share their sessions, and stores of different
   * namespaces must not. Map it to a prefix, a table, or a purpose of keys.
   */
  readonly namespace: string
  /** The kit's proxy, to connect to instead of the backend. Passed only if the harness has an `endpoint`. */
  readonly endpoint?: Endpoint | undefined
  /** Deadline of each call of the store, in milliseconds. Absent: the store's default. */
  readonly timeoutMs?: number | undefined
  /** Secret of a client-backed store. Default: the first one. Passed only if `otherSecret` is declared. */
  readonly secret?: 'first' | 'other' | undefined
}

export interface OpenedStore {
  readonly store: SessionPlugin
  /** Closes what `open` opened besides the store, such as its client. Called once, after the last call. */
  readonly close?: (() => Promise<void>) | undefined
}

/** Properties of a store. A declaration widens a tolerance or enables cases. It never disables a MUST. */
export interface StoreDeclarations {
  /** Fidelity of `dataJson` (R2): `bytes` for the same text, `value` for an equal JSON value. Default: bytes. */
  readonly fidelity?: 'bytes' | 'value'
  /** The error code for a malformed id (R4). Default: `Invalid`. */
  readonly malformedIds?: 'Invalid' | 'NotFound'
  /** The largest offset of the store's clock from this process's clock, in milliseconds, up to 1000. Default: 0. */
  readonly clockSkewMs?: number
  /** The resolution of the store's expiry, in milliseconds, up to 20. Default: 1. */
  readonly granularityMs?: number
  /** The store's limit for `dataJson`, in bytes (L1). Omit it if there is none. */
  readonly maxDataBytes?: number
  /** True if two stores of one namespace share their sessions. Default: true. */
  readonly sharedBackend?: boolean
  /** True if `open` honours `secret` (client-backed stores). Default: false. */
  readonly otherSecret?: boolean
  /** True if `delete` ends a session under all its ids (client-backed stores, D4). Default: false. */
  readonly revocation?: boolean
}

/** Ends a condition. Called once, while the stores of the namespace are still open. */
export type EndCondition = () => void | Promise<void>

/**
 * Conditions that an administrator, or the backend's limits, can cause. Each function resolves once the condition holds
 * for all stores of the namespace, also for stores that are already open. It rejects if it cannot cause the condition.
 * The kit passes a namespace that no other case uses. Omit a condition that the backend cannot have.
 */
export interface BackendConditions {
  /**
   * Ways to forbid calls that the backend could serve (E4), each by a name for reports: revoked rights, row level
   * security, a read-only server. The backend stays reachable and the sessions stay stored. A way may forbid some calls
   * and let others pass.
   */
  readonly forbid?: Readonly<Record<string, (namespace: string) => EndCondition | Promise<EndCondition>>>
  /**
   * Fills the backend, so that no session can be added (L2). The kit runs no other case meanwhile, so a server may be
   * filled whole if nothing else uses it.
   */
  fill?(namespace: string): EndCondition | Promise<EndCondition>
  /** Locks the rows or keys of the sessions, as another client's lock on a row does (E5). */
  hold?(namespace: string, ids: readonly SessionId[]): EndCondition | Promise<EndCondition>
  /**
   * Postpones the backend's own expiry of the session's keys or rows, without a change of the record, as restoring or
   * moving a key does (R3). For backends that remove expired keys or rows themselves.
   */
  delayExpiry?(namespace: string, id: SessionId, byMs: number): EndCondition | Promise<EndCondition>
}

/** A module whose default export is a harness, and the options of Node that load it. */
export interface StoreModule {
  readonly url: string
  readonly execArgv?: readonly string[]
}

/** Something that the protocol behind a bridge cannot express, and the ids of the cases that fail because of it. */
export interface ProtocolLimit {
  readonly cases: readonly string[]
  readonly reason: string
}

/** Describes a store to the kit and opens it. */
export interface StoreHarness {
  readonly name: string
  readonly family: StoreFamily
  /** The optional interfaces that the store has. It must have no method of the others. Default: none. */
  readonly capabilities?: readonly StoreCapability[]
  readonly declarations?: StoreDeclarations
  /** Versions to show in reports, such as those of the store's package, the driver and the backend. */
  readonly versions?: Readonly<Record<string, string>>
  /** The backend's TCP address. Enables the cases that use the kit's proxy for faults and races (E, H, U4). */
  readonly endpoint?: Endpoint
  open(options: OpenOptions): OpenedStore | Promise<OpenedStore>
  /** Returns all that the backend stores for a namespace, as strings. The kit searches them for traces (D2, I1). */
  inspect?(namespace: string): Promise<readonly string[]>
  /** Conditions that the harness can create, so that the kit can check the store under them (E4, E5, L2, R3). */
  readonly conditions?: BackendConditions
  /**
   * A module whose default export is this harness, or a command that answers the calls as JSON lines. The kit opens and
   * closes its store in a child process (O3).
   */
  readonly module?: StoreModule | { readonly command: string }
  /**
   * True if the store runs in another process, whose clock and random source the kit cannot change. The cases that need
   * that are then not applicable. Default: false.
   */
  readonly otherProcess?: boolean
  /** Cases that no store can pass behind the protocol of a bridge. They still run and fail, with the reason as a note. */
  readonly protocolLimits?: readonly ProtocolLimit[]
}
