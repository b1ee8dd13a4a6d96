import type { Operation, UsualScenarios } from './figure.js'

/** A store or driver under measurement: sessions by text ids, with JSON text as data. */
export interface Subject {
  readonly name: string
  /** Returns a factor for the number of calls in a sample, for samples that would be too short or too long. Default: 1. */
  readonly callsFactor?: (op: Operation) => number
  /** Resolves to the id of the new session. */
  create(dataJson: string): Promise<string>
  read(id: string): Promise<unknown>
  update(id: string, dataJson: string): Promise<unknown>
  touch(id: string): Promise<unknown>
  delete(id: string): Promise<unknown>
  /** Replaces the client with a new one that is ready for calls. Called before each sample. */
  renew?(): Promise<void>
}

export interface OpenSuite {
  /** The raw driver first, then the peers. */
  readonly others: readonly [raw: Subject, ...peers: Subject[]]
  readonly store: Subject
  /** Versions of the server and of the subjects, by name. */
  readonly versions: Readonly<Record<string, string>>
  /** Runs the maintenance that the server would do in time, such as a vacuum. Called before each scenario. */
  settle?(): Promise<void>
  /** Resolves to findings other than times, as Markdown. */
  findings?(): Promise<string>
  close(): Promise<void>
}

/** The benchmarks of one backend. */
export interface Suite {
  readonly backend: string
  /** Default scenarios, if they differ from the usual ones. */
  readonly usual?: UsualScenarios
  /** Description of what the raw driver and the peers do for each operation, as Markdown. */
  readonly notes: string
  open(): Promise<OpenSuite>
}
