export const operations = ['read', 'update', 'touch', 'create', 'delete', 'mix'] as const

export type Operation = (typeof operations)[number]

/** How calls follow each other: all at once when a reply comes, or each after 0 to 3 turns of the event loop. */
export const arrivalKinds = ['closed', 'jitter'] as const

export type Arrivals = (typeof arrivalKinds)[number]

export interface Scenario {
  readonly op: Operation
  readonly bytes: number
  readonly inFlight: number
  readonly arrivals: Arrivals
}

/** The scenarios that are measured unless told otherwise: all combinations. */
export interface UsualScenarios {
  readonly ops: readonly Operation[]
  readonly bytes: readonly number[]
  readonly inFlight: readonly number[]
  readonly arrivals: readonly Arrivals[]
}

export interface Quartiles {
  readonly q1: number
  readonly median: number
  readonly q3: number
}

/** What was measured: how many operations a subject did for one of what it is compared with. */
export interface Figure extends Scenario {
  readonly backend: string
  readonly subject: string
  readonly against: string
  readonly ratio: Quartiles
  /** The subject's, median over the rounds. */
  readonly opsPerSecond: number
  /** The CPU time of this process for one operation of the subject, in microseconds, median over the rounds. */
  readonly cpuMicros: number
}
