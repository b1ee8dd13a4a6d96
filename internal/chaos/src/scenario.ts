import type { SessionPlugin, UserIndexCapability } from '@bext/session-core'
import type { Random } from './random.js'

export type ChaosStore = SessionPlugin & UserIndexCapability

/** Deadline of each call of the stores under test, in milliseconds. */
export const timeoutMs = 1000

/** A store over one of the clients that users give it. */
export interface OpenStore {
  readonly store: ChaosStore
  readonly close: () => Promise<void>
}

/** The store under load, and the report, as a disturbance sees them. */
export interface Scene {
  readonly store: ChaosStore
  /** Adds a line to the report. */
  readonly report: (line: string) => void
  /** Counts a violation: calls on other sessions were held up. */
  readonly violate: (detail: string) => void
  /** Returns the number of calls of the load that may or may not have taken effect, because the backend did not answer. */
  readonly unanswered: () => number
}

/** A way to break the backend. */
export interface Disturbance {
  readonly name: string
  /** Breaks the backend and repairs it. Resolves once the backend works again. */
  run(random: Random, scene: Scene): Promise<void>
}

/** A backend that can be broken. */
export interface OpenScenario {
  readonly clients: Readonly<Record<string, () => OpenStore>>
  readonly disturbances: readonly Disturbance[]
  readonly close: () => Promise<void>
}

export interface Scenario {
  readonly name: string
  /** True if a disturbance may make the backend lose writes that it acknowledged. */
  readonly losesWrites: boolean
  open(): Promise<OpenScenario>
}

/** The scenarios of one backend. */
export interface Backend {
  readonly name: string
  readonly scenarios: readonly Scenario[]
}
