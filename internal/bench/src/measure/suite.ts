import type { UsualScenarios } from './figure.js'

/** One of what is compared: sessions by text ids, with JSON text as data. */
export interface Subject {
  readonly name: string
  /** How many times as many calls its samples have, where they would be too short otherwise. Default: 1. */
  readonly callsFactor?: number
  /** Resolves to the id of the new session. */
  create(dataJson: string): Promise<string>
  read(id: string): Promise<unknown>
  update(id: string, dataJson: string): Promise<unknown>
  touch(id: string): Promise<unknown>
  delete(id: string): Promise<unknown>
  /** Begins anew before each sample, with a client that has not worked yet, but is ready to. */
  renew?(): Promise<void>
}

export interface OpenSuite {
  /** The raw driver first, then the peers. */
  readonly others: readonly [raw: Subject, ...peers: Subject[]]
  readonly store: Subject
  /** Of the server and of what is compared. */
  readonly versions: Readonly<Record<string, string>>
  /** Puts the server into the order in which it keeps itself, given time. Called before each scenario. */
  settle?(): Promise<void>
  /** Resolves to what is to be told beside times, as Markdown. */
  findings?(): Promise<string>
  close(): Promise<void>
}

/** The benchmarks of one backend. */
export interface Suite {
  readonly backend: string
  /** What is measured unless told otherwise, where it is not the usual. */
  readonly usual?: UsualScenarios
  /** What the raw driver and the peers do for each operation, as Markdown. */
  readonly notes: string
  open(): Promise<OpenSuite>
}
