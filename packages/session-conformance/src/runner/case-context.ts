import type { CreateOptions, SessionErrorCode, SessionId, SessionRecord } from '@bext/session-core'
import type { FaultProxy } from './fault-proxy.js'
import type { BackendConditions, EndCondition, OpenedStore, OpenOptions, StoreHarness } from './harness.js'
import type { Random } from './random.js'
import type { Trace } from './trace.js'
import type { CheckedStore } from './checked-store.js'

/** A session that a case created, and the interval in which the store must have read its clock. */
export interface MadeSession {
  readonly id: SessionId
  readonly userId: string | undefined
  readonly dataJson: string
  readonly ttlMs: number
  /** Wall clock just before and just after the call. */
  readonly t0: number
  readonly t1: number
}

/** The tools of a running case. All stores and conditions it opens are closed when it ends. */
export interface CaseContext {
  readonly harness: StoreHarness
  readonly trace: Trace
  readonly random: Random
  /** Tolerance of every comparison with this process' clock, in milliseconds: declared skew, within bounds. */
  readonly skewMs: number
  readonly granularityMs: number
  /** The time that a call may take beyond the store's `timeoutMs` on a busy machine, in milliseconds. */
  readonly slackMs: number
  /** Opens a store whose calls are checked and traced. Default namespace: the run's. */
  open(options?: Partial<OpenOptions>): Promise<CheckedStore>
  /** Opens another store with the options of one that `open` returned. */
  openAlike(store: CheckedStore): Promise<CheckedStore>
  /** Opens two stores of the run's namespace. Returns the same store twice if the backend is not shared. */
  openTwo(): Promise<readonly [CheckedStore, CheckedStore]>
  /** Opens a store without the checks of every call. */
  openRaw(options?: Partial<OpenOptions>): Promise<OpenedStore>
  /** Returns a namespace that nothing else uses. */
  freshNamespace(): string
  /** Starts the kit's proxy in front of the harness's endpoint. */
  openProxy(): Promise<FaultProxy>
  /** Starts a condition. The returned function ends it. Otherwise it ends with the case. */
  bring(
    what: string,
    begin: (conditions: BackendConditions) => EndCondition | Promise<EndCondition> | undefined,
  ): Promise<() => Promise<void>>
  /** Return a user id and JSON text that no other case uses. */
  userId(): string
  json(): string
  create(store: CheckedStore, options?: Partial<CreateOptions>): Promise<MadeSession>
  /** Fails unless the call rejects with one of the codes. */
  rejects(call: Promise<unknown>, codes: SessionErrorCode | readonly SessionErrorCode[], what: string): Promise<void>
  /** Returns the result of the call, or undefined if it rejects with `Invalid`. */
  orInvalid<T>(call: Promise<T>): Promise<T | undefined>
  /** Returns the result of the call, or undefined if it rejects with `NotFound`. */
  orNotFound<T>(call: Promise<T>): Promise<T | undefined>
  /** Fails unless reading the id rejects with `NotFound`. */
  gone(store: CheckedStore, id: SessionId, what: string): Promise<void>
  equal(seen: unknown, expected: unknown, what: string): void
  ok(condition: boolean, expected: string, seen: string, rule?: string): void
  /** Returns true if the data equal what was written: byte for byte, or as a JSON value if the store declares that. */
  isSameData(seen: string, written: string): boolean
  /** Fails unless the data are what was written. */
  sameData(seen: string, written: string): void
  /** Returns the record without its id. */
  fields(record: SessionRecord): Omit<SessionRecord, 'id'>
}
