import { quartilesOf } from '../measure/statistics.js'
import type { Quartiles } from '../measure/figure.js'
import { ask, takeHostSample, type HostSample } from './load.js'
import type { ServerProcess } from './server-process.js'

export const paths = ['/unchanged', '/changed'] as const

export type Path = (typeof paths)[number]

/** A running server with a signed-in session for each connection. */
export interface RunningHost {
  readonly name: string
  readonly server: ServerProcess
  readonly cookies: readonly string[]
}

/** Results of a server on one path: quartiles over the rounds, and ratios to the first server, round by round. */
export interface HostFigure {
  readonly name: string
  readonly path: Path
  readonly requestsPerSecond: Quartiles
  readonly p99Ms: Quartiles
  readonly cpuMicros: Quartiles
  /** Requests per second of the first server divided by those of this server. */
  readonly throughputRatio: Quartiles
  /** 99th percentile of the first server divided by that of this server. */
  readonly p99Ratio: Quartiles
}

export async function signInAll(name: string, server: ServerProcess, connections: number): Promise<RunningHost> {
  const cookies: string[] = []
  while (cookies.length < connections) cookies.push((await ask(`${server.origin}/sign-in`)).cookie)
  return { name, server, cookies }
}

/** Signs out of all sessions. Resolves to the sum of their counters. */
export async function signOutAll({ server, cookies }: RunningHost): Promise<number> {
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

/** Measures all servers. In each round every server takes a turn on each path, and each round starts with another server. The first round warms up. */
export async function compareHosts(
  hosts: readonly RunningHost[],
  requestsPerSample: number,
  rounds: number,
): Promise<HostFigure[]> {
  const samples = new Map<string, HostSample[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const path of paths) {
      for (let turn = 0; turn < hosts.length; turn++) {
        const { name, server, cookies } = hosts[(round + turn) % hosts.length] as RunningHost
        const sample = await takeHostSample(server, path, cookies, requestsPerSample)
        const key = name + path
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
    }
  }
  return paths.flatMap((path) =>
    hosts.map(({ name }) =>
      figureOf(name, path, samples.get(name + path) ?? [], samples.get(`${hosts[0]?.name}${path}`) ?? []),
    ),
  )
}
