import { SessionError } from '@bext/session-core'
import { toBackendError, type Deadline, type Observation } from '@bext/session-core/store'
import type { Connection } from './connection.js'
import { createDepartures } from './departures.js'
import { isOfOneCall } from './pg-error.js'

/** How calls of one kind are done. */
export interface BatchedWork<Call, Answer> {
  /** Does one call. Resolves to `busy` if that would have to wait for somebody else's lock. */
  readonly one: (deadline: Deadline, call: Call) => Promise<Answer | 'busy'>
  /** Does many in one statement. Resolves to the answer of each, in their order. */
  readonly many: (deadline: Deadline, calls: readonly Call[]) => Promise<readonly (Answer | 'busy')[]>
  /** Does one call that was busy, and waits for the lock. */
  readonly patiently: (deadline: Deadline, call: Call) => Promise<Answer>
  /** How much the call has to carry, in characters. */
  readonly charsOf: (call: Call) => number
}

/** Does a call, together with those of its kind that come at the same time. */
export type Batched<Call, Answer> = (observation: Observation, call: Call) => Promise<Answer>

interface Refusable {
  readonly reject: (error: unknown) => void
}

interface Entry<Call, Answer> extends Refusable {
  readonly call: Call
  readonly observation: Observation
  readonly resolve: (answer: Answer) => void
}

interface Batch<Call, Answer> {
  readonly startedAtMs: number
  readonly entries: Entry<Call, Answer>[]
  chars: number
}

const maxEntries = 256
const maxChars = 262_144

// An error belongs to its caller, who may change it.
function failAll(entries: readonly Refusable[], error: unknown): void {
  const { reason, message, cause } = toBackendError(error)
  for (const { reject } of entries) reject(new SessionError(reason, message, { cause }))
}

/**
 * Calls of one kind, gathered into batches. All calls of a batch have the time of its first one. Each has its own
 * result; all rejections are `Backend`, each caller's own error. What waits for a lock, and what the server refuses,
 * does so alone: it neither holds up nor fails the others of its batch.
 */
export function batched<Call, Answer>(
  connection: Connection,
  { one, many, patiently, charsOf }: BatchedWork<Call, Answer>,
): Batched<Call, Answer> {
  const departures = createDepartures()
  let open: Batch<Call, Answer> | undefined

  async function alone(deadline: Deadline, entry: Entry<Call, Answer>): Promise<void> {
    entry.observation.batchSize = 1
    try {
      entry.resolve(await patiently(deadline, entry.call))
    } catch (error) {
      failAll([entry], error)
    }
  }

  function ask(deadline: Deadline, entries: readonly Entry<Call, Answer>[]): Promise<readonly (Answer | 'busy')[]> {
    const [first] = entries
    if (first !== undefined && entries.length === 1) return one(deadline, first.call).then((answer) => [answer])
    return many(
      deadline,
      entries.map(({ call }) => call),
    )
  }

  /** Settles all that can be settled at once. Resolves to the rest. */
  async function send(
    deadline: Deadline,
    entries: readonly Entry<Call, Answer>[],
  ): Promise<readonly Entry<Call, Answer>[]> {
    for (const { observation } of entries) observation.batchSize = entries.length
    try {
      const answers = await ask(deadline, entries)
      return entries.filter((entry, position) => {
        const answer = answers[position] as Answer | 'busy'
        if (answer !== 'busy') entry.resolve(answer)
        return answer === 'busy'
      })
    } catch (error) {
      if (entries.length === 1 || !isOfOneCall(error)) throw error
      return entries
    }
  }

  async function run(batch: Batch<Call, Answer>): Promise<void> {
    const departure = departures.book()
    try {
      await connection.call(async (deadline) => {
        await departure.ready
        if (open === batch) open = undefined
        const rest = await send(deadline, batch.entries)
        departure.end()
        if (rest.length > 0) await Promise.all(rest.map((entry) => alone(deadline, entry)))
      }, batch.startedAtMs)
    } catch (error) {
      if (open === batch) open = undefined
      departure.end()
      failAll(batch.entries, error)
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

  return (observation, call) =>
    new Promise((resolve, reject) => {
      join(charsOf(call)).entries.push({ call, observation, resolve, reject })
    })
}
