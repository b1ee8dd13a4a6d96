import type { SessionPlugin, UserIndexCapability } from '@bext/session-core'
import type { Random } from './random.js'

export type ChaosStore = SessionPlugin & UserIndexCapability

/** How many milliseconds a call of the stores under test may take. */
export const timeoutMs = 1000

/** A store in one of the settings in which it is used. */
export interface OpenStore {
  readonly store: ChaosStore
  readonly close: () => Promise<void>
}

/** What a disturbance finds while it runs. */
export interface Scene {
  readonly store: ChaosStore
  /** Adds a line to the report. */
  readonly report: (line: string) => void
  /** Counts that calls on other sessions were held up. */
  readonly violate: (detail: string) => void
}

/** A way in which the backend breaks. */
export interface Disturbance {
  readonly name: string
  /** Breaks the backend and mends it. Resolves once it is whole again. */
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
  /** Whether the backend itself may lose what it acknowledged, while it is disturbed. */
  readonly losesWrites: boolean
  open(): Promise<OpenScenario>
}

/** The scenarios of one backend. */
export interface Backend {
  readonly name: string
  readonly scenarios: readonly Scenario[]
}
