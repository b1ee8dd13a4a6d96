import { channel } from 'node:diagnostics_channel'
import { isSessionError, SessionError, type BatchEvent } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import { isCallerFault } from '../errors.js'
import { createFlushSchedule } from './flush-schedule.js'
import { createLockedCalls } from './locked-calls.js'

/** Statements for calls of one kind. */
export interface BatchedWork<Call, Result> {
  /** Runs one call. Resolves to `locked` if `runBatch` has to find out why it was not done. */
  readonly runOne: (deadline: Deadline, call: Call) => Promise<Result | 'locked'>
  /** Runs calls in one statement. Resolves to their results in order: `locked` if another transaction has locked the row. */
  readonly runBatch: (deadline: Deadline, calls: readonly Call[]) => Promise<readonly (Result | 'locked')[]>
  /** Returns the size of the call's data, in characters. */
  readonly charsOf: (call: Call) => number
}

/**
 * Sends concurrent calls of one kind together, in one statement. All calls of a batch have the deadline of its first
 * call. Each call gets its own result, and rejects with a separate `Backend` error.
 */
export interface Batcher<Call, Result> {
  readonly run: (call: Call) => Promise<Result>
}

interface Rejectable {
  readonly reject: (error: unknown) => void
}

interface Entry<Call, Result> extends Rejectable {
  readonly call: Call
  readonly resolve: (result: Result) => void
}

interface LockedEntry<Call, Result> extends Entry<Call, Result> {
  readonly deadline: Deadline
}

interface Batch<Call, Result> {
  readonly startedAtMs: number
  readonly entries: Entry<Call, Result>[]
  chars: number
}

/** Name of the channel of `node:diagnostics_channel` on which a store publishes a `BatchEvent` for each batch it sends. */
export const pgBatchChannel = 'bext:session-pg:batch'

const batchChannel = channel(pgBatchChannel)

const maxEntries = 256
const maxChars = 262_144

function publishBatch(size: number): void {
  if (batchChannel.hasSubscribers) batchChannel.publish({ size } satisfies BatchEvent)
}

// Each caller gets a separate error object, since callers may mutate it.
function failAll(entries: readonly Rejectable[], error: unknown): void {
  const { reason, message, cause } = toBackendError(error)
  for (const { reject } of entries) reject(new SessionError(reason, message, { cause }))
}

// All calls of a statement share the earliest deadline. Later calls can still be retried.
function isTimeout(error: unknown): boolean {
  return isSessionError(error) && error.reason === 'timeout'
}

/**
 * Creates the batcher of one kind of calls. A call that must wait for a lock waits in this process, and a call that the
 * server rejects is retried alone. Neither delays or fails the rest of its batch.
 */
export function createBatcher<Call, Result>(
  connection: Connection,
  { runOne, runBatch, charsOf }: BatchedWork<Call, Result>,
): Batcher<Call, Result> {
  const schedule = createFlushSchedule()
  const retryWhenUnlocked = createLockedCalls<LockedEntry<Call, Result>>(retry)
  let openBatch: Batch<Call, Result> | undefined

  // Most calls are alone, and pay for no lists.
  async function sendAlone<E extends Entry<Call, Result>>(deadline: Deadline, entry: E): Promise<readonly E[]> {
    publishBatch(1)
    let result: Result | 'locked' | undefined = await runOne(deadline, entry.call)
    if (result === 'locked') [result] = await runBatch(deadline, [entry.call])
    if (result === 'locked') return [entry]
    entry.resolve(result as Result)
    return []
  }

  /** Resolves the calls that need not wait. Resolves to the locked ones. */
  async function send<E extends Entry<Call, Result>>(deadline: Deadline, entries: readonly E[]): Promise<E[]> {
    publishBatch(entries.length)
    const calls = entries.map(({ call }) => call)
    const results = await runBatch(deadline, calls)
    return entries.filter((entry, position) => {
      const result = results[position] as Result | 'locked'
      if (result !== 'locked') entry.resolve(result)
      return result === 'locked'
    })
  }

  /** Sends like `send`. If the server rejects one call's data, only that call fails. */
  async function sendMany<E extends Entry<Call, Result>>(deadline: Deadline, entries: readonly E[]): Promise<E[]> {
    try {
      return await send(deadline, entries)
    } catch (error) {
      if (!isCallerFault(error)) throw error
    }
    const locked = await Promise.all(
      entries.map((entry) =>
        sendAlone(deadline, entry).catch((error: unknown) => {
          failAll([entry], error)
          return []
        }),
      ),
    )
    return locked.flat()
  }

  function sendEach<E extends Entry<Call, Result>>(deadline: Deadline, entries: readonly E[]): Promise<readonly E[]> {
    const [first] = entries
    return first !== undefined && entries.length === 1 ? sendAlone(deadline, first) : sendMany(deadline, entries)
  }

  async function retry(
    deadline: Deadline,
    entries: readonly LockedEntry<Call, Result>[],
  ): Promise<readonly LockedEntry<Call, Result>[]> {
    try {
      return await sendEach(deadline, entries)
    } catch (error) {
      if (isTimeout(error)) return entries
      failAll(entries, error)
      return []
    }
  }

  async function waitForLock(entry: Entry<Call, Result>, startedAtMs: number): Promise<void> {
    try {
      const result = await connection.resume(
        (deadline) =>
          new Promise<Result>((resolve, reject) => retryWhenUnlocked({ ...entry, deadline, resolve, reject })),
        startedAtMs,
      )
      entry.resolve(result)
    } catch (error) {
      failAll([entry], error)
    }
  }

  async function run(batch: Batch<Call, Result>): Promise<void> {
    let release: (() => void) | undefined
    try {
      const locked = await connection.call(async (deadline) => {
        await new Promise<void>((flush) => {
          release = schedule.schedule(flush)
        })
        if (openBatch === batch) openBatch = undefined
        return sendEach(deadline, batch.entries)
      }, batch.startedAtMs)
      for (const entry of locked) void waitForLock(entry, batch.startedAtMs)
    } catch (error) {
      failAll(batch.entries, error)
    } finally {
      if (openBatch === batch) openBatch = undefined
      release?.()
    }
  }

  function batchFor(chars: number): Batch<Call, Result> {
    if (openBatch === undefined || openBatch.entries.length >= maxEntries || openBatch.chars + chars > maxChars) {
      openBatch = { startedAtMs: performance.now(), entries: [], chars: 0 }
      void run(openBatch)
    }
    openBatch.chars += chars
    return openBatch
  }

  return {
    run: (call) =>
      new Promise((resolve, reject) => {
        batchFor(charsOf(call)).entries.push({ call, resolve, reject })
      }),
  }
}
