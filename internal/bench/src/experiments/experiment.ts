export interface ExperimentRun {
  readonly sessions: number
  readonly requests: number
  /** Arguments of the command line. */
  readonly args: readonly string[]
  /** Folder for the report. `undefined`: write none. */
  readonly reports: string | undefined
}

/** A measurement outside the scenarios of the suites. It prints its results. */
export interface Experiment {
  readonly name: string
  /** Description of the output, for `--help`. */
  readonly summary: string
  measure(run: ExperimentRun): Promise<void>
}
