import type { CreateOptions, SessionErrorCode, SessionId, SessionRecord } from '@bext/session-core'
import type { FaultProxy } from './fault-proxy.js'
import type { BackendConditions, EndCondition, OpenedStore, OpenOptions, StoreHarness } from './harness.js'
import type { Random } from './random.js'
import type { Trace } from './trace.js'
import type { WatchedStore } from './checked-store.js'

/** A session that a case made, and the interval in which the store must have stamped it. */
export interface MadeSession {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly dataJson: string
  readonly ttlMs: number
  /** Wall clock just before and just after the call. */
  readonly t0: number
  readonly t1: number
}

/** What a case works with. Everything that it opens is closed when it ends. */
export interface CaseContext {
  readonly harness: StoreHarness
  readonly trace: Trace
  readonly random: Random
  /** Tolerance of every comparison with this process' clock, in milliseconds: declared skew, within bounds. */
  readonly skewMs: number
  readonly granularityMs: number
  /** How long a call of a store that was told `timeoutMs` may take on a busy machine. */
  readonly slackMs: number
  /** A store of the run's namespace, or of another one. */
  open(options?: Partial<OpenOptions>): Promise<WatchedStore>
  /** Two stores of the run's namespace; the same one twice where the backend is not shared. */
  openTwo(): Promise<readonly [WatchedStore, WatchedStore]>
  /** A store as it is, without the watch around it. */
  openRaw(options?: Partial<OpenOptions>): Promise<OpenedStore>
  /** A namespace that nothing else uses. */
  freshNamespace(): string
  /** The kit's proxy in front of the harness' endpoint. */
  openProxy(): Promise<FaultProxy>
  /** Brings a condition about. It ends by the function that this resolves to, or else with the case. */
  bring(
    what: string,
    begin: (conditions: BackendConditions) => EndCondition | Promise<EndCondition> | undefined,
  ): Promise<() => Promise<void>>
  /** A user id, and JSON text, that no other case has. */
  userId(): string
  json(): string
  create(store: WatchedStore, options?: Partial<CreateOptions>): Promise<MadeSession>
  /** Fails unless the call rejects with one of the codes. */
  rejects(call: Promise<unknown>, codes: SessionErrorCode | readonly SessionErrorCode[], what: string): Promise<void>
  /** What the call resolves to, or undefined if it is answered `Invalid`. */
  orInvalid<T>(call: Promise<T>): Promise<T | undefined>
  /** What the call resolves to, or undefined if it is answered `NotFound`. */
  orNotFound<T>(call: Promise<T>): Promise<T | undefined>
  /** Fails unless reading the id answers `NotFound`. */
  gone(store: WatchedStore, id: SessionId, what: string): Promise<void>
  equal(seen: unknown, expected: unknown, what: string): void
  ok(condition: boolean, expected: string, seen: string, rule?: string): void
  /** Whether the data are what was written: the same bytes, or the same value where the store declares that. */
  isSameData(seen: string, written: string): boolean
  /** Fails unless the data are what was written. */
  sameData(seen: string, written: string): void
  /** The record, less its id. */
  fields(record: SessionRecord): Omit<SessionRecord, 'id'>
}
