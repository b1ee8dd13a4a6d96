/** The result of a run over a server-backed store on one runtime. */
export interface ServerOutcome {
  /** The server and its version. */
  readonly backend: string
  /** The number of cases of the kit that passed. */
  readonly passed: number
  /** The kit's profiles that the store earned. */
  readonly profiles: readonly string[]
  readonly failed: readonly string[]
}
