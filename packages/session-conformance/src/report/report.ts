import type { Level } from '../runner/case.js'
import type { StoreCapability, StoreDeclarations, StoreFamily } from '../runner/harness.js'
import type { Verdict } from '../runner/run.js'

/** `partial`: nothing failed, but a case that a store must pass could not tell, or was kept from it by the harness. */
export type Outcome = 'pass' | 'fail' | 'partial'

/** How one case ended. */
export interface ReportCase {
  readonly id: string
  readonly rule: string
  readonly level: Level
  readonly title: string
  readonly verdict: Verdict
  readonly durationMs: number
  /** How often it was run, until it could tell. 0: not at all. */
  readonly attempts: number
  /** The case's rule, or one that every call is held to. It and what follows say why a case did not pass. */
  readonly brokenRule?: string
  readonly expected?: string
  readonly seen?: string
  /** Why the verdict is neither pass nor fail. */
  readonly note?: string
  /** The calls in order, ids as `s1`, `s2` and data as lengths. Left out of passes, unless one case was run alone. */
  readonly trace?: readonly string[]
}

/** A rejection or an exception that nobody handled, and that would have ended a server's process. */
export interface UnhandledError {
  /** The cases that ran when it was seen; one alone is the case that it comes from. */
  readonly during: readonly string[]
  readonly error: string
}

/** A whole run, as plain JSON. */
export interface Report {
  /** Of this shape of report; a shape that old readers cannot read has another. */
  readonly reportVersion: 1
  readonly kit: { readonly name: '@bext/session-conformance'; readonly version: string }
  readonly contract: string
  readonly store: {
    readonly name: string
    readonly family: StoreFamily
    readonly capabilities: readonly StoreCapability[]
    readonly declares: StoreDeclarations
    /** As the harness declares them: of the store, its driver, its backend. */
    readonly versions: Readonly<Record<string, string>>
  }
  /** What the kit ran on. */
  readonly runtime: { readonly node: string; readonly platform: string }
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** The command line of the run, less its seed and selection. */
  readonly command: string
  /** The options that chose some of the cases. Empty: all were run. */
  readonly selection: readonly string[]
  /** Whether warnings, and what could not be shown, count as failures. */
  readonly strict: boolean
  readonly cases: readonly ReportCase[]
  /** Errors that nobody handled, and that no case can be told for. */
  readonly unhandledErrors: readonly UnhandledError[]
  /** The profiles earned, such as `server/core`, `networked`. */
  readonly profiles: readonly string[]
  readonly outcome: Outcome
}
