export interface ExperimentRun {
  readonly sessions: number
  readonly requests: number
  /** Of the command line. */
  readonly args: readonly string[]
  /** Where a report is to be written, if one is. */
  readonly reports: string | undefined
}

/** A measurement that compares no scenarios, and prints what it finds. */
export interface Experiment {
  readonly name: string
  /** What it prints. */
  readonly summary: string
  measure(run: ExperimentRun): Promise<void>
}
