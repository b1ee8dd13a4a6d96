export const operations = ['read', 'update', 'touch', 'create', 'delete', 'mix'] as const

export type Operation = (typeof operations)[number]

/** Arrivals of calls: as soon as the previous reply arrives, or after another 0 to 3 turns of the event loop. */
export const arrivalKinds = ['closed', 'jitter'] as const

export type Arrivals = (typeof arrivalKinds)[number]

export interface Scenario {
  readonly op: Operation
  readonly bytes: number
  readonly inFlight: number
  readonly arrivals: Arrivals
}

/** The default scenarios of a backend: all combinations of these. */
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

/** A result: the operations that a subject completes while the subject it is compared with completes one. */
export interface Figure extends Scenario {
  readonly backend: string
  readonly subject: string
  readonly against: string
  readonly ratio: Quartiles
  /** Operations per second of the subject, median over the rounds. */
  readonly opsPerSecond: number
  /** The CPU time of this process for one operation of the subject, in microseconds, median over the rounds. */
  readonly cpuMicros: number
}
