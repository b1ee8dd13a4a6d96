import { quartilesOf } from '../measure/statistics.js'
import type { Quartiles } from '../measure/figure.js'
import { ask, takeHostSample, type HostSample } from './load.js'
import type { ServerProcess } from './server-process.js'

export const paths = ['/unchanged', '/changed'] as const

export type Path = (typeof paths)[number]

/** A server that takes part, with a signed-in session for each connection. */
export interface Entrant {
  readonly name: string
  readonly server: ServerProcess
  readonly cookies: readonly string[]
}

/** What was measured of one on one path: each a median over the rounds, against the first entrant round by round. */
export interface HostFigure {
  readonly name: string
  readonly path: Path
  readonly requestsPerSecond: Quartiles
  readonly p99Ms: Quartiles
  readonly cpuMicros: Quartiles
  /** The first one's requests a second for one of this one. */
  readonly throughputRatio: Quartiles
  /** The first one's 99th percentile for one of this one. */
  readonly p99Ratio: Quartiles
}

export async function enter(name: string, server: ServerProcess, connections: number): Promise<Entrant> {
  const cookies: string[] = []
  while (cookies.length < connections) cookies.push((await ask(`${server.origin}/sign-in`)).cookie)
  return { name, server, cookies }
}

/** Ends the sessions. Resolves to how often all of them have counted. */
export async function leave({ server, cookies }: Entrant): Promise<number> {
  let counted = 0
  for (const cookie of cookies) {
    counted += Number((await ask(`${server.origin}/unchanged`, cookie)).text)
    await ask(`${server.origin}/sign-out`, cookie)
  }
  return counted
}

function figureOf(name: string, path: Path, own: readonly HostSample[], first: readonly HostSample[]): HostFigure {
  const overRounds = (value: (sample: HostSample, round: number) => number): Quartiles => quartilesOf(own.map(value))
  const of = (round: number, key: keyof HostSample): number => first[round]?.[key] ?? Number.NaN
  return {
    name,
    path,
    requestsPerSecond: overRounds((sample) => sample.requestsPerSecond),
    p99Ms: overRounds((sample) => sample.p99Ms),
    cpuMicros: overRounds((sample) => sample.cpuMicros),
    throughputRatio: overRounds((sample, round) => of(round, 'requestsPerSecond') / sample.requestsPerSecond),
    p99Ratio: overRounds((sample, round) => of(round, 'p99Ms') / sample.p99Ms),
  }
}

/** In each round all take their turn on each path, and each round another one is the first. The first round warms up. */
export async function compareHosts(
  entrants: readonly Entrant[],
  requestsPerSample: number,
  rounds: number,
): Promise<HostFigure[]> {
  const samples = new Map<string, HostSample[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const path of paths) {
      for (let turn = 0; turn < entrants.length; turn++) {
        const { name, server, cookies } = entrants[(round + turn) % entrants.length] as Entrant
        const sample = await takeHostSample(server, path, cookies, requestsPerSample)
        const key = name + path
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
    }
  }
  return paths.flatMap((path) =>
    entrants.map(({ name }) =>
      figureOf(name, path, samples.get(name + path) ?? [], samples.get(`${entrants[0]?.name}${path}`) ?? []),
    ),
  )
}
