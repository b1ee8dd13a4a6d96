import type { ConformanceCase } from '../runner/case.js'
import type { StoreCapability, StoreDeclarations, StoreFamily } from '../runner/harness.js'
import type { CaseResult } from '../runner/run.js'

/** `partial`: no case failed, but a MUST was inconclusive, or the harness failed. */
export type Outcome = 'pass' | 'fail' | 'partial'

/** The result of one case. */
export interface ReportCase
  extends Omit<CaseResult, 'case' | 'trace'>, Pick<ConformanceCase, 'id' | 'rule' | 'level' | 'title'> {
  /** The calls in order, ids as `s1`, `s2` and data as lengths. Omitted for a pass, unless only one case was run. */
  readonly trace?: readonly string[]
}

/** An unhandled rejection or exception, which would end a server's process. */
export interface UnhandledError {
  /** The cases that were running. If there is only one, it caused the error. */
  readonly during: readonly string[]
  readonly error: string
}

/** A whole run, as plain JSON. */
export interface Report {
  /** The version of the report format. It changes when older readers could not read a report. */
  readonly reportVersion: 1
  readonly kit: { readonly name: '@bext/session-conformance'; readonly version: string }
  readonly contract: string
  readonly store: {
    readonly name: string
    readonly family: StoreFamily
    readonly capabilities: readonly StoreCapability[]
    readonly declarations: StoreDeclarations
    /** Versions that the harness declares: store, driver, backend. */
    readonly versions: Readonly<Record<string, string>>
  }
  /** The runtime and platform of the run. */
  readonly runtime: { readonly node: string; readonly platform: string }
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** The command line of the run, without seed and selection. */
  readonly command: string
  /** The command-line options that selected cases. Empty if all cases ran. */
  readonly selection: readonly string[]
  /** True if warnings and cases that are not testable count as failures. */
  readonly strict: boolean
  readonly cases: readonly ReportCase[]
  /** Unhandled errors that cannot be attributed to one case. */
  readonly unhandledErrors: readonly UnhandledError[]
  /** The profiles earned, such as `server/core`, `networked`. */
  readonly profiles: readonly string[]
  readonly outcome: Outcome
}
