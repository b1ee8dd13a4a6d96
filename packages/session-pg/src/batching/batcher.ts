import { channel } from 'node:diagnostics_channel'
import { isSessionError, SessionError, type BatchEvent } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import { createFlushSchedule } from './flush-schedule.js'
import { createLockedCalls } from './locked-calls.js'
import { isCallerFault } from '../errors.js'

/** How calls of one kind are done. */
export interface BatchedWork<Call, Answer> {
  /** Does one call. Resolves to `busy` for what `many` has to look at. */
  readonly runOne: (deadline: Deadline, call: Call) => Promise<Answer | 'busy'>
  /**
   * Does many in one statement. Resolves to the answer of each, in their order; to `busy` for what somebody else has
   * locked.
   */
  readonly runBatch: (deadline: Deadline, calls: readonly Call[]) => Promise<readonly (Answer | 'busy')[]>
  /** How much the call has to carry, in characters. */
  readonly charsOf: (call: Call) => number
}

/** Does a call, together with those of its kind that come at the same time. */
export type BatchedCall<Call, Answer> = (call: Call) => Promise<Answer>

interface Refusable {
  readonly reject: (error: unknown) => void
}

interface Entry<Call, Answer> extends Refusable {
  readonly call: Call
  readonly resolve: (answer: Answer) => void
}

interface LockedEntry<Call, Answer> extends Entry<Call, Answer> {
  readonly deadline: Deadline
}

interface Batch<Call, Answer> {
  readonly startedAtMs: number
  readonly entries: Entry<Call, Answer>[]
  chars: number
}

/** Name of the channel of `node:diagnostics_channel` on which a store publishes a `BatchEvent` for each batch it sends. */
export const pgBatchChannel = 'bext:session-pg:batch'

const batchChannel = channel(pgBatchChannel)

const maxEntries = 256
const maxChars = 262_144

// An error belongs to its caller, who may change it.
function failAll(entries: readonly Refusable[], error: unknown): void {
  const { reason, message, cause } = toBackendError(error)
  for (const { reject } of entries) reject(new SessionError(reason, message, { cause }))
}

// The statement was not done in time; its calls may yet have some.
function isLate(error: unknown): boolean {
  return isSessionError(error) && error.reason === 'timeout'
}

/**
 * Calls of one kind, gathered into batches. All calls of a batch have the time of its first one. Each has its own
 * result; all rejections are `Backend`, each caller's own error. What somebody else has locked waits in this process, and
 * what the server refuses is done alone: neither holds up or fails the others of its batch.
 */
export function createBatchedCall<Call, Answer>(
  connection: Connection,
  { runOne: one, runBatch: many, charsOf }: BatchedWork<Call, Answer>,
): BatchedCall<Call, Answer> {
  const departures = createFlushSchedule()
  const untilFree = createLockedCalls<LockedEntry<Call, Answer>>(tryAgain)
  let open: Batch<Call, Answer> | undefined

  async function ask(
    deadline: Deadline,
    entries: readonly Entry<Call, Answer>[],
  ): Promise<readonly (Answer | 'busy')[]> {
    const [first] = entries
    if (first !== undefined && entries.length === 1) {
      const answer = await one(deadline, first.call)
      if (answer !== 'busy') return [answer]
    }
    return many(
      deadline,
      entries.map(({ call }) => call),
    )
  }

  /** Settles all that can be settled at once. Resolves to the rest. */
  async function send<E extends Entry<Call, Answer>>(deadline: Deadline, entries: readonly E[]): Promise<E[]> {
    if (batchChannel.hasSubscribers) batchChannel.publish({ size: entries.length } satisfies BatchEvent)
    const answers = await ask(deadline, entries)
    return entries.filter((entry, position) => {
      const answer = answers[position] as Answer | 'busy'
      if (answer !== 'busy') entry.resolve(answer)
      return answer === 'busy'
    })
  }

  /** As `send`; what the server refuses fails only the call that it is about. */
  async function sendAll<E extends Entry<Call, Answer>>(deadline: Deadline, entries: readonly E[]): Promise<E[]> {
    try {
      return await send(deadline, entries)
    } catch (error) {
      if (entries.length === 1 || !isCallerFault(error)) throw error
    }
    const rests = await Promise.all(
      entries.map((entry) =>
        send(deadline, [entry]).catch((error: unknown) => {
          failAll([entry], error)
          return []
        }),
      ),
    )
    return rests.flat()
  }

  async function tryAgain(
    deadline: Deadline,
    entries: readonly LockedEntry<Call, Answer>[],
  ): Promise<readonly LockedEntry<Call, Answer>[]> {
    try {
      return await sendAll(deadline, entries)
    } catch (error) {
      if (isLate(error)) return entries
      failAll(entries, error)
      return []
    }
  }

  async function wait(entry: Entry<Call, Answer>, startedAtMs: number): Promise<void> {
    try {
      const answer = await connection.call(
        (deadline) => new Promise<Answer>((resolve, reject) => untilFree({ ...entry, deadline, resolve, reject })),
        startedAtMs,
      )
      entry.resolve(answer)
    } catch (error) {
      failAll([entry], error)
    }
  }

  async function run(batch: Batch<Call, Answer>): Promise<void> {
    const departure = departures.acquire()
    try {
      const busy = await connection.call(async (deadline) => {
        await departure.ready
        if (open === batch) open = undefined
        return sendAll(deadline, batch.entries)
      }, batch.startedAtMs)
      for (const entry of busy) void wait(entry, batch.startedAtMs)
    } catch (error) {
      failAll(batch.entries, error)
    } finally {
      if (open === batch) open = undefined
      departure.release()
    }
  }

  function join(chars: number): Batch<Call, Answer> {
    if (open === undefined || open.entries.length >= maxEntries || open.chars + chars > maxChars) {
      open = { startedAtMs: performance.now(), entries: [], chars: 0 }
      void run(open)
    }
    open.chars += chars
    return open
  }

  return (call) =>
    new Promise((resolve, reject) => {
      join(charsOf(call)).entries.push({ call, resolve, reject })
    })
}
