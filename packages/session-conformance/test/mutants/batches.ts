import type { SessionId, SessionRecord } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import { notFound } from './server-base.js'

type Outcome<Result> = { readonly value: Result } | { readonly error: unknown }

/** Collects the calls of one turn, and runs them as one batch. */
function batched<Call, Result>(
  runBatch: (calls: readonly Call[]) => Promise<readonly Outcome<Result>[]>,
): (call: Call) => Promise<Result> {
  let pending: { readonly calls: Call[]; readonly outcomes: Promise<readonly Outcome<Result>[]> } | undefined
  return async (call) => {
    if (pending === undefined) {
      const calls: Call[] = []
      const outcomes = turn().then(() => {
        pending = undefined
        return runBatch(calls)
      })
      pending = { calls, outcomes }
    }
    const { calls, outcomes } = pending
    const place = calls.push(call) - 1
    const outcome = (await outcomes)[place]
    if (outcome === undefined) throw notFound()
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}

async function outcomeOf<Result>(call: Promise<Result>): Promise<Outcome<Result>> {
  return call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

/** Stores that confuse the calls of one batch. */
export const batchMutants: readonly Mutant[] = [
  serverMutant({
    name: 'the rows of a batch of reads shift by one after a missing session',
    rule: 'R1',
    breaks: 'The server answers no row for a missing id, and rows are matched to calls by their position.',
    caughtBy: ['R1-mixed'],
    steps: (right) => {
      const readFound = batched<SessionId, SessionRecord>(async (ids) => {
        const outcomes = await Promise.all(ids.map((id) => outcomeOf(right.read(id))))
        return outcomes.filter((outcome) => 'value' in outcome)
      })
      return { read: async (id) => ({ ...(await readFound(id)), id }) }
    },
  }),
  serverMutant({
    name: 'a batch of updates fails whole if one of its sessions is missing',
    rule: 'U3',
    breaks: 'The number of changed rows is less than the number of calls.',
    caughtBy: ['U3-mixed'],
    steps: (right) => {
      const update = batched<readonly [SessionId, string], SessionId>(async (calls) => {
        const outcomes = await Promise.all(calls.map((call) => outcomeOf(right.update(...call))))
        const failed = outcomes.find((outcome) => 'error' in outcome)
        return failed ? calls.map(() => failed) : outcomes
      })
      return { update: (id, dataJson) => update([id, right.checkData(dataJson)]) }
    },
  }),
  serverMutant({
    name: 'a batch of touches uses the ttl of its first call',
    rule: 'T3',
    breaks: 'The statement has one parameter for the ttl.',
    caughtBy: ['T3-mixed'],
    steps: (right) => {
      const touch = batched<readonly [SessionId, number], SessionId>(async (calls) => {
        const [[, ttlMs] = ['', 0]] = calls
        return Promise.all(calls.map(([id]) => outcomeOf(right.touch(id, ttlMs))))
      })
      return { touch: (id, ttlMs) => touch([id, right.checkTtl(ttlMs)]) }
    },
  }),
  serverMutant({
    name: 'a batch of creates uses the ttl of its first call',
    rule: 'C5',
    breaks: 'One EXPIRE for all keys of a pipeline.',
    caughtBy: ['C5-mixed'],
    steps: (right) => {
      let first: number | undefined
      return {
        async create(options) {
          const { ttlMs } = right.checkOptions(options)
          if (first === undefined) {
            first = ttlMs
            void turn().then(() => (first = undefined))
          }
          return right.create({ ...options, ttlMs: first })
        },
      }
    },
  }),
  serverMutant({
    name: 'an update writes its data to all sessions of the user',
    rule: 'U1',
    breaks: 'The statement has the user in its condition, because there is an index on it.',
    caughtBy: ['U1-others-stay'],
    steps: (right, { rows }) => ({
      async update(id, dataJson) {
        const updated = await right.update(id, dataJson)
        const { userId } = right.find(id)[1]
        for (const [key, row] of rows) {
          if (userId !== undefined && row.userId === userId) rows.set(key, { ...row, dataJson })
        }
        return updated
      },
    }),
  }),
  serverMutant({
    name: 'a read shares the flight of an older read',
    rule: 'R6',
    breaks: 'Concurrent reads of one session are sent once, even if a write lies between them.',
    caughtBy: ['R6-shared-flight'],
    steps: (right) => {
      const flights = new Map<string, Promise<SessionRecord>>()
      return {
        read(id) {
          const flying = flights.get(id)
          if (flying) return flying
          const started = right.read(id)
          const flight = turn()
            .then(turn)
            .then(() => started)
            .finally(() => flights.delete(id))
          started.catch(() => undefined)
          flights.set(id, flight)
          return flight
        },
      }
    },
  }),
]
