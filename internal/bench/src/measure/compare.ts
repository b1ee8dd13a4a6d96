import type { Figure, Scenario } from './figure.js'
import { createMany, dataOf, deleteMany, poolSize, takeSample, type Sample } from './load.js'
import { quartilesOf } from './statistics.js'
import type { OpenSuite, Subject } from './suite.js'

type Samples = ReadonlyMap<Subject, readonly Sample[]>

// Enough calls for a few tens of milliseconds.
function callsOf(inFlight: number, effort: number): number {
  return Math.round(effort * (600 + 60 * Math.min(inFlight, 100)))
}

interface Contender {
  readonly subject: Subject
  readonly pool: readonly string[]
  readonly samples: Sample[]
}

// The engine compiles functions while they run. A call that is alone may run through other functions than one of many.
// Subjects that always wait for threads would warm up for too long.
const warmUpInFlight = 64
const warmUpCalls = 20_000
const warmUpCallsAlone = 10_000
const warmUpCallsOfFactor = 1000

const warm = new WeakMap<Subject, Set<string>>()

async function warmUp(subject: Subject, scenario: Scenario, pool: readonly string[]): Promise<void> {
  const inFlight = scenario.inFlight === 1 ? 1 : warmUpInFlight
  const kind = `${scenario.op} ${inFlight}`
  const kinds = warm.get(subject) ?? new Set()
  if (kinds.has(kind)) return
  warm.set(subject, kinds.add(kind))
  const factor = subject.callsFactor?.(scenario.op)
  const wanted = inFlight === 1 ? warmUpCallsAlone : warmUpCalls
  const calls = factor === undefined ? wanted : Math.min(wanted, factor * warmUpCallsOfFactor)
  await takeSample(subject, { ...scenario, inFlight }, pool, calls, 0)
}

async function enter(subject: Subject, scenario: Scenario): Promise<Contender> {
  const pool = await createMany(subject, poolSize, dataOf(scenario.bytes))
  await warmUp(subject, scenario, pool)
  return { subject, pool, samples: [] }
}

async function measure(suite: OpenSuite, scenario: Scenario, rounds: number, effort: number): Promise<Samples> {
  const calls = callsOf(scenario.inFlight, effort)
  const contenders: Contender[] = []
  for (const subject of [suite.store, ...suite.others]) contenders.push(await enter(subject, scenario))
  await suite.settle?.()
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (round + turn) % contenders.length
      const { subject, pool, samples } = contenders[at] as Contender
      samples.push(
        await takeSample(
          subject,
          scenario,
          pool,
          Math.round(calls * (subject.callsFactor?.(scenario.op) ?? 1)),
          round + 1,
        ),
      )
    }
  }
  for (const { subject, pool } of contenders) await deleteMany(subject, pool)
  return new Map(contenders.map(({ subject, samples }) => [subject, samples]))
}

/** Compares a subject with another one, round by round. */
export function figureOf(
  backend: string,
  scenario: Scenario,
  samples: Samples,
  subject: Subject,
  against: Subject,
): Figure {
  const own = samples.get(subject) ?? []
  const other = samples.get(against) ?? []
  const ratios = own.map(({ opsPerSecond }, round) => opsPerSecond / (other[round]?.opsPerSecond ?? Number.NaN))
  return {
    backend,
    ...scenario,
    subject: subject.name,
    against: against.name,
    ratio: quartilesOf(ratios),
    opsPerSecond: quartilesOf(own.map((sample) => sample.opsPerSecond)).median,
    cpuMicros: quartilesOf(own.map((sample) => sample.cpuMicros)).median,
  }
}

/**
 * Measures a scenario. In each round every subject takes a turn, and each round starts with another subject. Resolves to
 * the figures of the store against each other subject, and of each other subject, including the raw driver, against the
 * raw driver.
 */
export async function compare(
  backend: string,
  suite: OpenSuite,
  scenario: Scenario,
  rounds: number,
  effort: number,
): Promise<Figure[]> {
  const samples = await measure(suite, scenario, rounds, effort)
  const { store, others } = suite
  const [raw] = others
  return [
    ...others.map((other) => figureOf(backend, scenario, samples, store, other)),
    ...others.map((other) => figureOf(backend, scenario, samples, other, raw)),
  ]
}
