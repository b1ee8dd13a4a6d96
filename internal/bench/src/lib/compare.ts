import type { Figure, Scenario } from './figure.js'
import { createMany, dataOf, deleteMany, poolSize, takeSample, type Sample } from './load.js'
import { quartilesOf } from './statistics.js'
import type { OpenSuite, Subject } from './suite.js'

type Samples = ReadonlyMap<Subject, readonly Sample[]>

// Enough to take some tens of milliseconds.
function callsOf(inFlight: number, effort: number): number {
  return Math.round(effort * (600 + 60 * Math.min(inFlight, 100)))
}

interface Contestant {
  readonly subject: Subject
  readonly pool: readonly string[]
  readonly samples: Sample[]
}

// Functions are compiled while they are used.
const warmUpCalls = 4000
const warmUpInFlight = 64

async function enter(subject: Subject, scenario: Scenario): Promise<Contestant> {
  const pool = await createMany(subject, poolSize, dataOf(scenario.bytes))
  await takeSample(subject, { ...scenario, inFlight: warmUpInFlight }, pool, warmUpCalls, 0)
  return { subject, pool, samples: [] }
}

async function measure(
  subjects: readonly Subject[],
  scenario: Scenario,
  rounds: number,
  effort: number,
): Promise<Samples> {
  const calls = callsOf(scenario.inFlight, effort)
  const contestants: Contestant[] = []
  for (const subject of subjects) contestants.push(await enter(subject, scenario))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (round + turn) % contestants.length
      const { subject, pool, samples } = contestants[at] as Contestant
      samples.push(await takeSample(subject, scenario, pool, calls, round + 1))
    }
  }
  for (const { subject, pool } of contestants) await deleteMany(subject, pool)
  return new Map(contestants.map(({ subject, samples }) => [subject, samples]))
}

/** How the subject did against another one, round by round. */
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
 * Measures a scenario: in each round all take their turn, and each round another one is the first. Resolves to the
 * figures of the store against each of the others, and of each of the others, the raw driver too, against the raw driver.
 */
export async function compare(
  backend: string,
  { store, others }: OpenSuite,
  scenario: Scenario,
  rounds: number,
  effort: number,
): Promise<Figure[]> {
  const samples = await measure([store, ...others], scenario, rounds, effort)
  const [raw] = others
  return [
    ...others.map((other) => figureOf(backend, scenario, samples, store, other)),
    ...others.map((other) => figureOf(backend, scenario, samples, other, raw)),
  ]
}
